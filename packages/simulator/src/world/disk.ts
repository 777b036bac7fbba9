/**
 * The disk of a node: the real log and snapshot formats over files in memory, of which only what was synced survives a
 * power failure. The roles of a node have a folder each.
 */
import type { Address } from "@synod/protocol";
import type { FileLayer, OpenFile, StorageError } from "@synod/storage";
import { FaultyFiles, StoredRecords, type Fault, type FileOperation } from "@synod/storage/faults";
import type { Clock } from "./clock.ts";
import type { Randomness } from "./randomness.ts";

export interface NodeDiskOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** How long a sync takes, in microseconds. */
  readonly syncMicroseconds: { readonly least: number; readonly most: number };
  /** Whether a role waits for its syncs, as one in a thread of its own may. */
  readonly blocking: boolean;
  /** A record of the log in this folder is on stable storage. */
  readonly stored: (folder: string, record: Uint8Array) => void;
  /** A sync is done, whatever came of it. */
  readonly completed: () => void;
}

/** How a life of a role meets its disk. */
export interface DiskUser {
  readonly address: Address;
  /** Takes a completion, unless the life is over. */
  readonly awake: (completion: () => void) => void;
  /** Waits. */
  readonly pause: (microseconds: number) => void;
}

export class NodeDisk {
  /** Says what goes wrong with an operation; faults set it. */
  strikes: (operation: FileOperation) => Fault | undefined = () => undefined;
  /** Until then no sync is done. */
  stalledUntil = 0;
  readonly #options: NodeDiskOptions;
  readonly #records = new Map<string, StoredRecords>();
  #files: FaultyFiles;
  /** Power failures until now. */
  #outages = 0;
  #lastSyncMicroseconds = 0;

  constructor(options: NodeDiskOptions) {
    this.#options = options;
    this.#files = new FaultyFiles({
      later: (finish) => {
        const outages = this.#outages;
        options.clock.after(this.#nextSyncMicroseconds(), () => {
          // What the power failure found under way is not done.
          if (outages === this.#outages) finish();
        });
      },
      synced: (path, stored) => this.#synced(path, stored),
      pageBytes: 512,
    });
    this.#obey();
  }

  /** The files as a life of a role uses them: what they complete after its end, it does not hear. */
  filesFor({ awake, pause }: DiskUser): FileLayer {
    const files = this.#files;
    return {
      open: (path, mode) => this.#guard(files.open(path, mode), awake, pause),
      list: (folder) => files.list(folder),
      createFolder: (folder) => files.createFolder(folder),
      rename: (from, to) => files.rename(from, to),
      remove: (path) => files.remove(path),
      syncFolder: (folder) => files.syncFolder(folder),
    };
  }

  /** The power of the node goes off: of what was not synced, any part survives, and a write may be torn. */
  powerOff(randomness: Randomness): void {
    this.#outages += 1;
    this.#files = this.#files.crash({
      piece: ({ sizeBytes }) => {
        const luck = randomness.next();
        return luck < 0.4 ? 0 : luck < 0.8 ? sizeBytes : randomness.integer(0, sizeBytes);
      },
      name: () => randomness.chance(0.5),
    });
    this.#obey();
    for (const records of this.#records.values()) records.forget();
  }

  /** What would be found if the power failed now and nothing that was not synced survived: read it and forget it. */
  survivors(): FileLayer {
    return this.#files.crash({ piece: () => 0, name: () => false });
  }

  #obey(): void {
    this.#files.fault = (operation) => this.strikes(operation);
  }

  #nextSyncMicroseconds(): number {
    const { randomness, syncMicroseconds, clock } = this.#options;
    const stalled = Math.max(0, this.stalledUntil - clock.now);
    this.#lastSyncMicroseconds = stalled + randomness.integer(syncMicroseconds.least, syncMicroseconds.most);
    return this.#lastSyncMicroseconds;
  }

  #guard(file: OpenFile, awake: DiskUser["awake"], pause: DiskUser["pause"]): OpenFile {
    const { blocking, completed } = this.#options;
    return {
      path: file.path,
      read: (into, at) => file.read(into, at),
      write: (bytes, start, end, at) => file.write(bytes, start, end, at),
      size: () => file.size(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: (done: (failure?: StorageError) => void) => {
        file.sync((failure) => {
          completed();
          awake(() => done(failure));
        });
        if (blocking) pause(this.#lastSyncMicroseconds);
      },
      syncNow: () => file.syncNow(),
      close: () => file.close(),
    };
  }

  #synced(path: string, stored: Uint8Array): void {
    const folder = path.slice(0, path.indexOf("/", 1));
    let records = this.#records.get(folder);
    if (records === undefined) {
      records = new StoredRecords((record) => this.#options.stored(folder, record));
      this.#records.set(folder, records);
    }
    records.synced(path, stored);
  }
}
