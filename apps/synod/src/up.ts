/**
 * `synod up`: a cluster in this process, and a prompt to use it; from a pipe, replies only.
 */
import { Cluster, type ClusterOptions, type StartError } from "@synod/cluster";
import { Effect, type Scope } from "effect";
import type { QuorumSizes, Reads, Recovery } from "./command-line.ts";
import type { ProgramError, ReaderGone } from "./failure.ts";
import { converse } from "./shell/conversation.ts";
import { showBytes } from "./shell/status.ts";
import { openTerminal } from "./shell/terminal.ts";

export interface UpSettings {
  readonly protocol: string;
  readonly nodes: number;
  readonly quorums: QuorumSizes | undefined;
  readonly recovery: Recovery | undefined;
  readonly reads: Reads | undefined;
  readonly data: string;
  readonly placement: "role" | "node";
  readonly signatures: "pool" | "inline";
  readonly volatile: boolean;
}

/** How long the start waits for a leader before it takes commands anyway, in milliseconds. */
const leaderWaitMs = 3000;

export const up = Effect.fnUntraced(function* (
  settings: UpSettings,
): Effect.fn.Return<void, StartError | ProgramError | ReaderGone, Scope.Scope> {
  const { protocol, nodes, quorums, recovery, reads, data, placement, signatures, volatile } = settings;
  const terminal = yield* Effect.acquireRelease(Effect.sync(openTerminal), (opened) =>
    Effect.sync(() => opened.close()),
  );
  const { interactive, notice } = terminal;
  if (interactive) notice(`starting ${showSettings(settings)}`);
  const sizes = quorums === undefined ? {} : { quorums };
  const options: ClusterOptions = {
    protocol,
    nodes,
    ...sizes,
    ...(recovery === undefined ? {} : { recovery }),
    ...(reads === undefined ? {} : { reads }),
    placement,
    signatures,
    onNotice: notice,
    ...(volatile ? {} : { data }),
  };
  const cluster = yield* Cluster.scoped(options);
  for (const line of recoveryNotices(cluster)) notice(line);
  const { caution } = cluster.options.plan;
  if (caution !== undefined) notice(caution);
  yield* leaderKnown(cluster);
  yield* converse(cluster, terminal);
});

function showSettings({ protocol, nodes, data, placement, volatile, reads }: UpSettings): string {
  const threads = placement === "role" ? "each role a worker thread" : "each a worker thread";
  const kept = volatile ? "kept in memory" : `durable in ${data}`;
  const leased = reads === "leased" ? ", reads under a lease" : "";
  return `${protocol}: ${nodes} ${nodes === 1 ? "node" : "nodes"}, ${threads}, ${kept}${leased}`;
}

/** What the start found, a line per node that found anything. */
function recoveryNotices({ recovered, options: { data } }: Cluster): readonly string[] {
  if (data === undefined) return ["volatile: everything is in memory and ends with this process"];
  const nodes = new Map<number, string[]>();
  for (const { node, recovery } of recovered) {
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

const leaderKnown = Effect.fnUntraced(function* (cluster: Cluster) {
  if (cluster.options.plan.service !== "store") return;
  const until = performance.now() + leaderWaitMs;
  while (performance.now() < until) {
    const { leader } = yield* Effect.promise(() => cluster.status());
    if (leader > 0) return;
    yield* Effect.sleep("20 millis");
  }
});
