/**
 * `synod bench`: a cluster under closed-loop load, next to the floor of this machine in the same run.
 */
import { Cluster, type ClusterOptions, type ClusterStatus, type StartError } from "@synod/cluster";
import type { RoleStatus } from "@synod/protocol";
import { Effect, type Scope } from "effect";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QuorumSizes, Recovery } from "../command-line.ts";
import { ProgramError } from "../failure.ts";
import { startFloor } from "./floor.ts";
import { delaysOf } from "./delays.ts";
import { newClusterLoad } from "./load.ts";
import { Meter, rounded, type Load, type Measurement } from "./measure.ts";

export interface BenchSettings extends Load {
  readonly protocol: string;
  readonly nodes: number;
  readonly quorums: QuorumSizes | undefined;
  readonly recovery: Recovery | undefined;
  readonly placement: "role" | "node";
  readonly signatures: "pool" | "inline";
  readonly volatile: boolean;
  /** The folder in which the run keeps its data, removed afterwards; the system's temporary folder unless told. */
  readonly data: string | undefined;
}

/** What `--json` prints. */
export interface BenchReport extends Measurement {
  readonly protocol: string;
  readonly nodes: number;
  readonly placement: "role" | "node";
  /** Where nodes sign and verify; undefined when their protocol does not. */
  readonly signatures: "pool" | "inline" | undefined;
  readonly durable: boolean;
  readonly clients: number;
  readonly payloadBytes: number;
  /** Commands per slot; 0 where there are no slots. */
  readonly meanBatch: number;
  /** Messages of clients and roles, heartbeats and answers included, per command. */
  readonly messagesPerCommand: number;
  /** Message delays from asking to the answer, as the protocol's scenario without a failure shows; 0 when it has none. */
  readonly messageDelays: number;
  /** Syncs of all acceptors. */
  readonly syncsPerSecond: number;
  /** The same bytes along the same route with no protocol. */
  readonly floor: Measurement;
  /** Commands per core-second, as a part of the floor's. */
  readonly ratioToFloor: number;
  /** Median latency, in multiples of the floor's. */
  readonly p50RatioToFloor: number;
}

export const bench = Effect.fnUntraced(function* (
  settings: BenchSettings,
): Effect.fn.Return<BenchReport, StartError | ProgramError, Scope.Scope> {
  const folder = yield* makeFolder(settings.data);
  const { protocol, clients, payloadBytes, nodes, placement, volatile } = settings;
  const data = volatile ? {} : { data: join(folder, "cluster") };
  const cluster = yield* Cluster.scoped({ ...clusterOptionsOf(settings), ...data });
  const load = newClusterLoad(settings, cluster);
  // The first command waits for a leader.
  yield* attempt(() => load.ready());
  const floor = yield* startFloor({ ...settings, folder: volatile ? undefined : folder });
  const own = new Meter(settings);
  const bare = new Meter(settings);
  const totals: Totals = { slots: 0, syncs: 0, messages: 0 };
  const commandsBefore = load.answered;
  for (let round = 0; round < rounds; round++) {
    const before = totalsOf(yield* Effect.promise(() => cluster.status()));
    yield* attempt(() => own.round(settings.seconds / rounds, (failed) => load.connect(failed)));
    const after = totalsOf(yield* Effect.promise(() => cluster.status()));
    for (const name of ["slots", "syncs", "messages"] as const) totals[name] += after[name] - before[name];
    yield* attempt(() => bare.round(settings.seconds / rounds, () => floor));
  }
  const commands = Math.max(1, load.answered - commandsBefore);
  const [measured, floorMeasured] = [own.report(), bare.report()];
  return {
    protocol,
    nodes,
    placement,
    signatures: cluster.options.plan.signs ? settings.signatures : undefined,
    durable: !volatile,
    clients,
    payloadBytes,
    ...measured,
    meanBatch: totals.slots === 0 ? 0 : rounded(commands / totals.slots, 1),
    messagesPerCommand: rounded(totals.messages / commands, 2),
    messageDelays: delaysOf(protocol),
    // A round has a warm-up, in which there are syncs as well.
    syncsPerSecond: volatile ? 0 : Math.round((totals.syncs / commands) * measured.opsPerSecond),
    floor: floorMeasured,
    ratioToFloor: rounded(measured.opsPerCoreSecond / floorMeasured.opsPerCoreSecond, 3),
    p50RatioToFloor: rounded(measured.p50Ms / floorMeasured.p50Ms, 2),
  };
});

export function clusterOptionsOf(settings: BenchSettings): ClusterOptions {
  const { protocol, nodes, quorums, recovery, placement, signatures } = settings;
  const chosen = { ...(quorums === undefined ? {} : { quorums }), ...(recovery === undefined ? {} : { recovery }) };
  return { protocol, nodes, placement, signatures, ...chosen };
}

/** A folder for the run, in `parent` or the system's temporary one; removed when the scope closes. */
export function makeFolder(parent: string | undefined): Effect.Effect<string, ProgramError, Scope.Scope> {
  return Effect.acquireRelease(
    Effect.try({
      try: () => mkdtempSync(join(parent ?? tmpdir(), "synod-bench-")),
      catch: (cause) => new ProgramError({ message: `cannot make a folder for the run: ${String(cause)}` }),
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
  );
}

/** The cluster and the floor take turns, so that both meet the same weather on a machine that is not theirs alone. */
const rounds = 4;

export function attempt<Answer>(run: () => Promise<Answer>): Effect.Effect<Answer, ProgramError> {
  return Effect.tryPromise({
    try: run,
    catch: (cause) => new ProgramError({ message: cause instanceof Error ? cause.message : String(cause) }),
  });
}

interface Totals {
  slots: number;
  /** Of all acceptors. */
  syncs: number;
  messages: number;
}

function totalsOf({ roles, sentMessages: messages }: ClusterStatus): Totals {
  let committed = 0;
  let delivered = 0;
  let syncs = 0;
  for (const { role, report } of roles) {
    const status: RoleStatus = report?.status ?? {};
    committed = Math.max(committed, Number(status["commitPoint"] ?? 0));
    delivered = Math.max(delivered, Number(status["delivered"] ?? 0));
    if (role === "acceptor") syncs += Number(status["syncs"] ?? 0);
  }
  // A leader whose word is not to be believed says nothing of a commit point.
  return { slots: committed > 0 ? committed : delivered, syncs, messages };
}

export function showBench(report: BenchReport): string {
  const { floor } = report;
  const rows: readonly (readonly [string, string, string])[] = [
    ["", "synod", "floor"],
    ["commands per second", String(report.opsPerSecond), String(floor.opsPerSecond)],
    ["commands per core-second", String(report.opsPerCoreSecond), String(floor.opsPerCoreSecond)],
    ["processor seconds", String(report.cpuSeconds), String(floor.cpuSeconds)],
    ["p50 ms", String(report.p50Ms), String(floor.p50Ms)],
    ["p99 ms", String(report.p99Ms), String(floor.p99Ms)],
    ["p99.9 ms", String(report.p999Ms), String(floor.p999Ms)],
    ["commands per slot", String(report.meanBatch), ""],
    ["syncs per second", String(report.syncsPerSecond), ""],
    ["messages per command", String(report.messagesPerCommand), ""],
    ["message delays", String(report.messageDelays), ""],
  ];
  const table = rows.map(([name, own, bare]) => `${name.padEnd(26)}${own.padStart(12)}${bare.padStart(12)}`.trimEnd());
  const kept = report.durable ? "durable" : "volatile";
  const signed = { pool: ", signatures on a pool", inline: ", signatures inline" };
  return [
    `${report.protocol}, ${report.nodes} nodes, a thread per ${report.placement}, ${kept}, in one process` +
      `${report.signatures === undefined ? "" : signed[report.signatures]}; ` +
      `${report.clients} clients, ${report.payloadBytes}-byte values, ${report.seconds} s`,
    ...table,
    `ratio to floor: ${report.ratioToFloor} in commands per core-second, ${report.p50RatioToFloor} in median latency`,
  ].join("\n");
}
