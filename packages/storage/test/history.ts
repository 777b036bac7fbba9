import { FileLog, StorageError } from "@synod/storage";
import type { FaultyFiles, Survival } from "@synod/storage/faults";

export type Step =
  | { readonly kind: "append"; readonly sizeBytes: number }
  | { readonly kind: "sync" | "rotate" | "reopen" }
  | { readonly kind: "trim"; readonly back: number };

const folder = "data";

/**
 * A log and what is known of it: every record has its number in it, so that what comes back can be judged. A record's
 * number is also its position, but for the checkpoint's records, which have none.
 */
export class History {
  files: FaultyFiles;
  #log: FileLog;
  /** Numbers of all records given to the log, in the order of the log. Those lost in a crash are taken out. */
  #given: number[] = [];
  /** How many of them are acknowledged: reported durable. */
  #acknowledged = 0;
  readonly #checkpoints = new Set<number>();
  /** Positions that may have been trimmed. */
  #trimmed = 0;
  #next = 1;
  failure: StorageError | undefined;

  constructor(files: FaultyFiles) {
    this.files = files;
    this.#log = new FileLog(folder, files);
  }

  /** Opens what is there, and says what is wrong with it. */
  open(): void {
    this.failure = undefined;
    this.#log = new FileLog(folder, this.files);
    const found: number[] = [];
    this.#log.recover((record) => found.push(numberOf(record)));
    this.#judge(found);
  }

  do(step: Step): void {
    switch (step.kind) {
      case "append":
        this.#try(() => {
          const number = this.#next++;
          this.#given.push(number);
          this.#log.append(numbered(number, step.sizeBytes), number);
        });
        return;
      case "sync": {
        const given = this.#given.length;
        this.#log.sync((failure) => {
          if (failure === undefined) this.#acknowledged = Math.max(this.#acknowledged, given);
          else this.failure = failure;
        });
        return;
      }
      case "rotate":
        this.#try(() => {
          const number = this.#next++;
          this.#given.push(number);
          this.#checkpoints.add(number);
          this.#log.rotate([numbered(number, 8)]);
          this.#acknowledged = this.#given.length;
        });
        return;
      case "trim":
        this.#try(() => {
          this.#trimmed = Math.max(this.#trimmed, this.#next - step.back);
          this.#log.trim(this.#next - step.back);
        });
        return;
      case "reopen":
        this.#log.close();
        this.open();
    }
  }

  /** The power fails, and comes back. */
  crash(survival: Survival): void {
    this.files = this.files.crash(survival);
    this.open();
  }

  /** A copy of what is known, over the files that a crash now would leave. */
  crashed(survival: Survival): History {
    const copy = new History(this.files.crash(survival));
    copy.#given = [...this.#given];
    copy.#acknowledged = this.#acknowledged;
    copy.#trimmed = this.#trimmed;
    copy.#next = this.#next;
    for (const number of this.#checkpoints) copy.#checkpoints.add(number);
    return copy;
  }

  #try(run: () => void): void {
    try {
      run();
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      this.failure = cause;
    }
  }

  #judge(found: readonly number[]): void {
    const first = found[0];
    const start = first === undefined ? 0 : this.#given.indexOf(first);
    const about = `found [${found.join(" ")}] of [${this.#given.join(" ")}], ${this.#acknowledged} acknowledged`;
    const end = start + found.length;
    if (start < 0 || found.some((number, index) => number !== this.#given[start + index])) {
      throw new Error(`not what was appended, in order: ${about}`);
    }
    if (end < this.#acknowledged) throw new Error(`acknowledged records are lost: ${about}`);
    if (start > 0 && !this.#checkpoints.has(found[0] ?? 0)) throw new Error(`no checkpoint at the front: ${about}`);
    const dropped = this.#given
      .slice(0, start)
      .find((number) => number > this.#trimmed && !this.#checkpoints.has(number));
    if (dropped !== undefined) throw new Error(`record ${dropped} was not to be trimmed: ${about}`);
    this.#given = this.#given.slice(0, end);
    this.#acknowledged = this.#given.length;
  }
}

function numbered(number: number, sizeBytes: number): Uint8Array {
  const text = `${number}:`.padEnd(sizeBytes, String(number % 10));
  return new TextEncoder().encode(text);
}

function numberOf(record: Uint8Array): number {
  const text = new TextDecoder().decode(record);
  const number = Number.parseInt(text, 10);
  if (text !== `${number}:`.padEnd(text.length, String(number % 10))) throw new Error(`a torn record: ${text}`);
  return number;
}
