/**
 * A closed-loop load: N logical clients, each with one command outstanding.
 */
import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";

export interface Load {
  /** Logical clients, one command outstanding each. */
  readonly clients: number;
  /** Bytes of each value. */
  readonly payloadBytes: number;
  /** How long to measure, in seconds. */
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

/** What has been measured of one thing, over several rounds. */
export class Meter {
  readonly #load: Load;
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 60e9, figures: 3 });
  #operations = 0;
  #seconds = 0;
  #cpuSeconds = 0;

  constructor(load: Load) {
    this.#load = load;
  }

  /**
   * One round: warms up for a fifth of `seconds`, measures for `seconds`, and waits for what is outstanding.
   *
   * @param connectWith is given how to report that a command has failed, which ends the round
   */
  async round(seconds: number, connectWith: (failed: (reason: unknown) => void) => Connect): Promise<void> {
    const { promise: failure, reject } = Promise.withResolvers<never>();
    await Promise.race([failure, this.#measure(seconds, connectWith(reject))]);
  }

  async #measure(seconds: number, connect: Connect): Promise<void> {
    const { clients } = this.#load;
    const issuedAt = new Float64Array(clients);
    let running = true;
    let measuring = false;
    let active = clients;
    let stopped: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const issue = connect((client) => {
      const now = performance.now();
      if (measuring) {
        this.#operations += 1;
        this.#histogram.record(Math.max(1, Math.round((now - (issuedAt[client] ?? now)) * nanosecondsPerMs)));
      }
      if (running) {
        issuedAt[client] = now;
        issue(client);
      } else {
        active -= 1;
        if (active === 0) stopped();
      }
    });
    for (let client = 0; client < clients; client++) {
      issuedAt[client] = performance.now();
      issue(client);
    }
    await elapsed(seconds * 200);
    measuring = true;
    const from = performance.now();
    const cpuFrom = process.cpuUsage();
    await elapsed(seconds * 1000);
    const cpu = process.cpuUsage(cpuFrom);
    this.#seconds += (performance.now() - from) / 1000;
    this.#cpuSeconds += (cpu.user + cpu.system) / 1e6;
    measuring = false;
    running = false;
    await drained;
  }

  report(): Measurement {
    const percentileMs = (percent: number): number =>
      rounded(this.#histogram.percentile(percent) / nanosecondsPerMs, 3);
    return {
      operations: this.#operations,
      seconds: rounded(this.#seconds, 2),
      opsPerSecond: Math.round(this.#operations / this.#seconds),
      cpuSeconds: rounded(this.#cpuSeconds, 2),
      opsPerCoreSecond: Math.round(this.#operations / this.#cpuSeconds),
      p50Ms: percentileMs(50),
      p99Ms: percentileMs(99),
      p999Ms: percentileMs(99.9),
    };
  }
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
