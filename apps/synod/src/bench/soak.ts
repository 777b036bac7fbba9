/**
 * `synod bench --commands N`: many commands through one durable cluster, to see that memory, disk, speed and restart do
 * not depend on the history.
 */
import { Cluster, type StartError } from "@synod/cluster";
import { Effect, type Scope } from "effect";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { ProgramError } from "../failure.ts";
import { showBytes } from "../shell/status.ts";
import { attempt, clusterOptionsOf, makeFolder, type BenchSettings } from "./bench.ts";
import { newClusterLoad, type ClusterLoad } from "./load.ts";
import { rounded } from "./measure.ts";

/** How a run stood when a tenth of it was done. */
export interface SoakSample {
  /** Commands answered since the start. */
  readonly commands: number;
  /** Of this tenth. */
  readonly opsPerSecond: number;
  /** Memory of the process. */
  readonly memoryBytes: number;
  /** All files of the cluster. */
  readonly diskBytes: number;
}

/** What `--commands N --json` prints. */
export interface SoakReport {
  readonly protocol: string;
  readonly nodes: number;
  readonly placement: "role" | "node";
  readonly durable: true;
  readonly clients: number;
  readonly payloadBytes: number;
  readonly commands: number;
  readonly tenths: readonly SoakSample[];
  /** Throughput of the last tenth, as a part of the first's. */
  readonly lastToFirst: number;
  /** From the start of the same folder until it has answered a command, in milliseconds. */
  readonly restartMs: number;
}

const tenths = 10;

export const soak = Effect.fnUntraced(function* (
  settings: BenchSettings,
  commands: number,
  onSample: (sample: SoakSample) => void,
): Effect.fn.Return<SoakReport, StartError | ProgramError, Scope.Scope> {
  const folder = join(yield* makeFolder(settings.data), "cluster");
  const { protocol, nodes, placement, clients, payloadBytes } = settings;
  const options = { ...clusterOptionsOf(settings), data: folder };
  const samples = yield* Effect.scoped(
    Effect.gen(function* () {
      const cluster = yield* Cluster.scoped(options);
      const load = newClusterLoad(settings, cluster);
      yield* attempt(() => load.ready());
      return yield* attempt(() => run(settings, commands, load, folder, onSample));
    }),
  );
  const restartedAt = performance.now();
  yield* Effect.scoped(
    Effect.gen(function* () {
      const cluster = yield* Cluster.scoped(options);
      yield* attempt(() => newClusterLoad(settings, cluster).ready());
    }),
  );
  const restartMs = Math.round(performance.now() - restartedAt);
  const [first, last] = [samples.at(0), samples.at(-1)];
  return {
    protocol,
    nodes,
    placement,
    durable: true,
    clients,
    payloadBytes,
    commands,
    tenths: samples,
    lastToFirst: rounded((last?.opsPerSecond ?? 0) / (first?.opsPerSecond ?? 1), 3),
    restartMs,
  };
});

/** Keeps every client busy until `commands` have been answered. */
function run(
  settings: BenchSettings,
  commands: number,
  load: ClusterLoad,
  folder: string,
  onSample: (sample: SoakSample) => void,
): Promise<readonly SoakSample[]> {
  return new Promise((resolve, reject) => {
    const samples: SoakSample[] = [];
    let answered = 0;
    let issued = 0;
    let since = performance.now();
    const issue = load.connect(reject)((number) => {
      answered += 1;
      if (answered >= ((samples.length + 1) * commands) / tenths) {
        const now = performance.now();
        const opsPerSecond = Math.round((commands / tenths / (now - since)) * 1000);
        since = now;
        const sample = {
          commands: answered,
          opsPerSecond,
          memoryBytes: process.memoryUsage.rss(),
          diskBytes: sizeOf(folder),
        };
        samples.push(sample);
        onSample(sample);
      }
      if (answered === commands) resolve(samples);
      else if (issued < commands) {
        issued += 1;
        issue(number);
      }
    });
    for (let number = 0; number < Math.min(settings.clients, commands); number++) {
      issued += 1;
      issue(number);
    }
  });
}

/** Files come and go under a running cluster: one that is gone counts nothing. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

/** Shows samples as they come, on a terminal only. */
export function progress(): (sample: SoakSample) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  process.stderr.write(`${sampleHeading}\n`);
  return (sample) => void process.stderr.write(`${showSample(sample)}\n`);
}

function showSample({ commands, opsPerSecond, memoryBytes, diskBytes }: SoakSample): string {
  const columns = [commands, opsPerSecond, showBytes(memoryBytes), showBytes(diskBytes)];
  return columns.map((column) => String(column).padStart(14)).join("");
}

const sampleHeading = ["commands", "per second", "memory", "disk"].map((name) => name.padStart(14)).join("");

export function showSoak({ tenths: samples, lastToFirst, restartMs, ...run }: SoakReport): string {
  return [
    `multi, ${run.nodes} nodes, a thread per ${run.placement}, durable, in one process; ` +
      `${run.clients} clients, ${run.payloadBytes}-byte values, ${run.commands} commands`,
    sampleHeading,
    ...samples.map(showSample),
    `last tenth to first: ${lastToFirst}; a restart answers after ${restartMs} ms`,
  ].join("\n");
}
