/**
 * A closed-loop load: N logical clients, each with one command outstanding.
 */
import { createHistogram, performance } from "node:perf_hooks";

export interface Load {
  /** Logical clients, one command outstanding each. */
  readonly clients: number;
  /** Bytes of each value. */
  readonly payloadBytes: number;
  /** How long to measure, in seconds, after a warm-up of a fifth of it. */
  readonly seconds: number;
}

export interface Measurement {
  readonly operations: number;
  readonly seconds: number;
  readonly opsPerSecond: number;
  /** Processor time of all threads, user and system, in seconds. */
  readonly cpuSeconds: number;
  readonly opsPerCoreSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** Issues one command for a client; called again for it only when it is answered. */
export type Issue = (client: number) => void;

/** Connects a way to issue commands with the one who hears the answers. */
export type Connect = (answered: (client: number) => void) => Issue;

const nanosecondsPerMs = 1e6;

export async function measure(load: Load, connect: Connect, onStart: () => Promise<void> = async () => undefined) {
  const histogram = createHistogram({ lowest: 1, highest: 60e9, figures: 3 });
  const issuedAt = new Float64Array(load.clients);
  let operations = 0;
  let running = true;
  let active = load.clients;
  let stopped: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const issue = connect((client) => {
    const now = performance.now();
    operations += 1;
    histogram.record(Math.max(1, Math.round((now - (issuedAt[client] ?? now)) * nanosecondsPerMs)));
    if (!running) {
      active -= 1;
      if (active === 0) stopped();
      return;
    }
    issuedAt[client] = now;
    issue(client);
  });
  for (let client = 0; client < load.clients; client++) {
    issuedAt[client] = performance.now();
    issue(client);
  }
  await elapsed(load.seconds * 200);
  await onStart();
  histogram.reset();
  operations = 0;
  const from = performance.now();
  const cpuFrom = process.cpuUsage();
  await elapsed(load.seconds * 1000);
  const cpu = process.cpuUsage(cpuFrom);
  const seconds = (performance.now() - from) / 1000;
  const measured = report(operations, seconds, (cpu.user + cpu.system) / 1e6, (percentile) =>
    histogram.percentile(percentile),
  );
  running = false;
  await drained;
  return measured;
}

function report(
  operations: number,
  seconds: number,
  cpuSeconds: number,
  percentile: (percent: number) => number,
): Measurement {
  return {
    operations,
    seconds: rounded(seconds, 2),
    opsPerSecond: Math.round(operations / seconds),
    cpuSeconds: rounded(cpuSeconds, 2),
    opsPerCoreSecond: Math.round(operations / cpuSeconds),
    p50Ms: rounded(percentile(50) / nanosecondsPerMs, 3),
    p99Ms: rounded(percentile(99) / nanosecondsPerMs, 3),
    p999Ms: rounded(percentile(99.9) / nanosecondsPerMs, 3),
  };
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
