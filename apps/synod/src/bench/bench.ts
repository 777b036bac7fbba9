/**
 * `synod bench`: a cluster under closed-loop load, next to the floor of this machine in the same run.
 */
import { Cluster, type ClusterStatus, type StartError } from "@synod/cluster";
import type { RoleStatus } from "@synod/protocol";
import { Effect, type Scope } from "effect";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProgramError } from "../failure.ts";
import { measureFloor } from "./floor.ts";
import { measure, rounded, type Connect, type Load, type Measurement } from "./measure.ts";

export interface BenchSettings extends Load {
  readonly nodes: number;
  readonly placement: "role" | "node";
  readonly volatile: boolean;
  /** The folder in which the run keeps its data, removed afterwards; the system's temporary folder unless told. */
  readonly data: string | undefined;
}

/** What `--json` prints. */
export interface BenchReport extends Measurement {
  readonly protocol: "multi";
  readonly nodes: number;
  readonly placement: "role" | "node";
  readonly durable: boolean;
  readonly clients: number;
  readonly payloadBytes: number;
  /** Commands per slot. */
  readonly meanBatch: number;
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
  const folder = yield* Effect.acquireRelease(
    Effect.try({
      try: () => mkdtempSync(join(settings.data ?? tmpdir(), "synod-bench-")),
      catch: (cause) => new ProgramError({ message: `cannot make a folder for the run: ${String(cause)}` }),
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
  );
  const { clients, payloadBytes, nodes, placement, volatile } = settings;
  const [own, floor] = [
    yield* Effect.scoped(measureCluster(settings, folder)),
    yield* Effect.promise(() => measureFloor({ ...settings, folder: volatile ? undefined : folder })),
  ];
  return {
    protocol: "multi",
    nodes,
    placement,
    durable: !volatile,
    clients,
    payloadBytes,
    ...own,
    floor,
    ratioToFloor: rounded(own.opsPerCoreSecond / floor.opsPerCoreSecond, 3),
    p50RatioToFloor: rounded(own.p50Ms / floor.p50Ms, 2),
  };
});

const measureCluster = Effect.fnUntraced(function* (settings: BenchSettings, folder: string) {
  const { nodes, placement, volatile, payloadBytes } = settings;
  const cluster = yield* Cluster.scoped({ nodes, placement, ...(volatile ? {} : { data: join(folder, "cluster") }) });
  const client = cluster.client();
  const value = "x".repeat(payloadBytes);
  let failure: unknown;
  const connect: Connect = (answered) => (number) => {
    client.put(`key-${number}`, value).then(
      () => answered(number),
      (reason: unknown) => {
        failure = reason;
        answered(number);
      },
    );
  };
  // The first command waits for a leader.
  yield* Effect.promise(() => client.put("key", value, { deadlineMs: 10_000 }));
  let before: Totals | undefined;
  const measured = yield* Effect.promise(() =>
    measure(settings, connect, async () => {
      before = totalsOf(await cluster.status());
    }),
  );
  const after = totalsOf(yield* Effect.promise(() => cluster.status()));
  client.close();
  if (failure !== undefined) return yield* new ProgramError({ message: `a command failed: ${String(failure)}` });
  const slots = after.slots - (before?.slots ?? 0);
  return {
    ...measured,
    meanBatch: rounded(measured.operations / Math.max(1, slots), 1),
    syncsPerSecond: volatile ? 0 : Math.round((after.syncs - (before?.syncs ?? 0)) / measured.seconds),
  };
});

interface Totals {
  readonly slots: number;
  readonly syncs: number;
}

function totalsOf({ roles }: ClusterStatus): Totals {
  let slots = 0;
  let syncs = 0;
  for (const { role, report } of roles) {
    const status: RoleStatus = report?.status ?? {};
    slots = Math.max(slots, Number(status["commitPoint"] ?? 0));
    if (role === "acceptor") syncs += Number(status["syncs"] ?? 0);
  }
  return { slots, syncs };
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
  ];
  const table = rows.map(([name, own, bare]) => `${name.padEnd(26)}${own.padStart(12)}${bare.padStart(12)}`.trimEnd());
  const kept = report.durable ? "durable" : "volatile";
  return [
    `multi, ${report.nodes} nodes, a thread per ${report.placement}, ${kept}, in one process; ` +
      `${report.clients} clients, ${report.payloadBytes}-byte values, ${report.seconds} s`,
    ...table,
    `ratio to floor: ${report.ratioToFloor} in commands per core-second, ${report.p50RatioToFloor} in median latency`,
  ].join("\n");
}
