/**
 * The disk of a role on the stage. What is synced survives a crash, nothing else; a sync takes as long as the stage
 * says.
 */
import type { Log, Recovery, StorageError } from "@synod/storage";

interface DiskRecord {
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly segment: number;
}

export class Disk implements Log {
  readonly #whenSynced: (done: () => void) => void;
  /** The records that are not trimmed: the first is number `#trimmed` of all that were ever appended. */
  #records: DiskRecord[] = [];
  #trimmed = 0;
  /** All records before this number are on stable storage. */
  #durable = 0;
  #segment = 0;
  /** How often the process that writes has crashed: a sync of an earlier life never ends. */
  #crashes = 0;

  /** @param whenSynced calls back after the time that a sync takes, at once if it takes none */
  constructor(whenSynced: (done: () => void) => void) {
    this.#whenSynced = whenSynced;
  }

  /** The process that writes is gone, and with it what it has not synced. */
  crash(): void {
    this.#crashes += 1;
    this.#records = this.#records.slice(0, this.#durable - this.#trimmed);
  }

  get segmentBytes(): number {
    return bytesOf(this.#records.filter(({ segment }) => segment === this.#segment));
  }

  get sizeBytes(): number {
    return bytesOf(this.#records);
  }

  recover(visit: (record: Uint8Array) => void): Recovery {
    for (const { bytes } of this.#records) visit(bytes);
    return { records: this.#records.length, sizeBytes: this.sizeBytes, tornBytes: 0 };
  }

  append(record: Uint8Array, position: number): void {
    this.#records.push({ bytes: record.slice(), position, segment: this.#segment });
  }

  sync(done: (failure?: StorageError) => void): void {
    const life = this.#crashes;
    const synced = this.#trimmed + this.#records.length;
    this.#whenSynced(() => {
      if (life !== this.#crashes) return;
      this.#durable = Math.max(this.#durable, synced);
      done();
    });
  }

  rotate(checkpoint: readonly Uint8Array[]): void {
    this.#segment += 1;
    for (const bytes of checkpoint) this.append(bytes, 0);
    this.#durable = this.#trimmed + this.#records.length;
  }

  trim(position: number): void {
    const kept = this.#records.find((record) => record.position > position)?.segment ?? this.#segment;
    const before = this.#records.length;
    this.#records = this.#records.filter(({ segment }) => segment >= kept);
    this.#trimmed += before - this.#records.length;
  }

  close(): void {
    this.crash();
  }
}

function bytesOf(records: readonly DiskRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
