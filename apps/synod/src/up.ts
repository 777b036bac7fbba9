/**
 * `synod up`: a cluster in this process, and a prompt to use it; from a pipe, replies only.
 */
import { Cluster, type ClusterOptions, type StartError } from "@synod/cluster";
import { Effect, type Scope } from "effect";
import { createInterface } from "node:readline/promises";
import { runLine, type Shell } from "./shell/shell.ts";
import { showBytes, showStatus } from "./shell/status.ts";

export interface UpSettings {
  readonly nodes: number;
  readonly data: string;
  readonly placement: "role" | "node";
  readonly volatile: boolean;
}

/** How long the start waits for a leader before it takes commands anyway, in milliseconds. */
const leaderWaitMs = 3000;

export const up = Effect.fnUntraced(function* ({
  nodes,
  data,
  placement,
  volatile,
}: UpSettings): Effect.fn.Return<void, StartError, Scope.Scope> {
  const interactive = process.stdin.isTTY === true;
  const onNotice = (notice: string): void => void process.stderr.write(`${notice}\n`);
  const options: ClusterOptions = { nodes, placement, onNotice, ...(volatile ? {} : { data }) };
  const cluster = yield* Cluster.scoped(options);
  for (const line of recoveryNotices(cluster, volatile ? undefined : data)) onNotice(line);
  yield* Effect.promise(() => converse(cluster, interactive));
});

/** What the start found, a line per node that found anything. */
function recoveryNotices(cluster: Cluster, data: string | undefined): readonly string[] {
  if (data === undefined) return ["volatile: everything is in memory and ends with this process"];
  const nodes = new Map<number, string[]>();
  for (const { node, recovery } of cluster.recovered) {
    const { role, records, logBytes, tornBytes, snapshotSlot } = recovery;
    const found: string[] = [];
    if (snapshotSlot > 0) found.push(`a snapshot through slot ${snapshotSlot}`);
    if (records > 0 && role === "acceptor") found.push(`${records} log records (${showBytes(logBytes)})`);
    if (tornBytes > 0) found.push(`${tornBytes} torn bytes cut off the ${role}'s log, never acknowledged`);
    if (found.length > 0) nodes.set(node, [...(nodes.get(node) ?? []), ...found]);
  }
  if (nodes.size === 0) return [`new cluster in ${data}`];
  return [...nodes].map(([node, found]) => `node ${node} recovered from ${data}: ${found.join(", ")}`);
}

async function converse(cluster: Cluster, interactive: boolean): Promise<void> {
  const input = createInterface({
    input: process.stdin,
    ...(interactive ? { output: process.stdout, prompt: "synod> " } : {}),
  });
  // Lines that come while the cluster starts wait here, and no further ones are read.
  const lines = input[Symbol.asyncIterator]();
  const client = cluster.client();
  let quitting = false;
  const shell: Shell = { cluster, client, quit: () => void (quitting = true) };
  await leaderKnown(cluster);
  if (interactive) {
    process.stdout.write(`${showStatus(await cluster.status())}\ntype help for the commands\n`);
    input.prompt();
  }
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const reply = await runLine(shell, line.value);
    if (reply !== undefined) await write(`${reply}\n`);
    if (quitting) break;
    if (interactive) input.prompt();
  }
  input.close();
  client.close();
}

/** A reader that is slow is waited for; one that has gone away ends the conversation by an error. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (failure) => (failure instanceof Error ? reject(failure) : resolve()));
  });
}

async function leaderKnown(cluster: Cluster): Promise<void> {
  const until = performance.now() + leaderWaitMs;
  while (performance.now() < until) {
    if ((await cluster.status()).leader > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
