/**
 * The disk of a node: the real log and snapshot formats over files in memory, of which only what was synced survives a
 * power failure. The roles of a node have a folder each.
 */
import type { Address } from "@synod/protocol";
import type { FileLayer, OpenFile, StorageError } from "@synod/storage";
import { FaultyFiles, StoredRecords, type Fault, type FileOperation } from "@synod/storage/faults";
import type { Clock } from "./clock.ts";
import { drawSurvival, type PowerFailure } from "./power-failure.ts";
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

/** What is wrong with a disk for a while: what becomes of an operation, or undefined when it is left alone. */
export type DiskTrouble = (operation: FileOperation) => Fault | undefined;

/** Room on a disk that is nearly full. */
interface Limit {
  readonly capacityBytes: number;
  readonly reached: () => void;
}

export class NodeDisk {
  /** Somebody overwrote what had been durable, or took the disk away. */
  isHarmed = false;
  /** The whole disk was lost: nothing that was on it before is there. */
  isLost = false;
  readonly #options: NodeDiskOptions;
  readonly #records = new Map<string, StoredRecords>();
  readonly #troubles = new Set<DiskTrouble>();
  readonly #limits = new Set<Limit>();
  #files: FaultyFiles;
  /** Power failures until now. */
  #outages = 0;
  #stalledUntil = 0;
  #stalled: () => void = () => undefined;
  #lastSyncMicroseconds = 0;
  /** Lets who waits for the sync that begins wait longer. */
  #waiting: DiskUser["pause"] | undefined;

  constructor(options: NodeDiskOptions) {
    this.#options = options;
    this.#files = this.#use(
      new FaultyFiles({
        later: (finish) => this.#finishLater(finish),
        synced: (path, stored) => this.#synced(path, stored),
        lacksRoom: () => this.#lacksRoom(),
        pageBytes: 512,
      }),
    );
  }

  /** All that is on it, for who wants to do it harm. */
  get files(): FaultyFiles {
    return this.#files;
  }

  /** The folders of the roles: what their paths begin with. */
  get folders(): readonly string[] {
    return [...this.#records.keys()].map((folder) => `${folder}/`);
  }

  /** Says what goes wrong with an operation. */
  strikes: (operation: FileOperation) => Fault | undefined = (operation) => {
    for (const trouble of this.#troubles) {
      const fault = trouble(operation);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

  /** From now on something is wrong with it; the function that is returned ends it. */
  begin(trouble: DiskTrouble): () => void {
    this.#troubles.add(trouble);
    return () => this.#troubles.delete(trouble);
  }

  /**
   * From now on there is room for so many bytes only; the function that is returned ends it.
   *
   * @param reached hears of each write for which that is too little
   */
  limit(roomBytes: number, reached: () => void): () => void {
    const limit = { capacityBytes: this.#files.usedBytes + roomBytes, reached };
    this.#limits.add(limit);
    this.#use(this.#files);
    return () => {
      this.#limits.delete(limit);
      this.#use(this.#files);
    };
  }

  /**
   * For so long no sync is done.
   *
   * @param stalled hears of each that would have been
   */
  stall(microseconds: number, stalled: () => void): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#options.clock.now + microseconds);
    this.#stalled = stalled;
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
      syncFolder: (folder) => {
        files.syncFolder(folder);
        this.#wait(pause);
      },
    };
  }

  /** The power of the node goes off: of what was not synced, any part survives, and a write may be torn. */
  powerOff(randomness: Randomness): PowerFailure {
    const counted = { lost: 0, torn: 0 };
    this.#replace(this.#files.crash(drawSurvival(randomness, counted)));
    return counted;
  }

  /** A new and empty one takes its place. */
  lose(): void {
    this.isHarmed = true;
    this.isLost = true;
    this.#replace(this.#files.emptied());
  }

  /** What would be found if the power failed now and nothing that was not synced survived: read it and forget it. */
  survivors(): FileLayer {
    return this.#files.crash({ piece: () => 0, name: () => false });
  }

  #replace(files: FaultyFiles): void {
    this.#outages += 1;
    this.#files = this.#use(files);
    for (const records of this.#records.values()) records.forget();
  }

  #use(files: FaultyFiles): FaultyFiles {
    files.fault = (operation) => this.strikes(operation);
    files.capacityBytes = Infinity;
    for (const { capacityBytes } of this.#limits) files.capacityBytes = Math.min(files.capacityBytes, capacityBytes);
    return files;
  }

  #lacksRoom(): void {
    for (const { reached } of this.#limits) reached();
  }

  /** Finishes a sync, unless the power fails before; a stall that begins meanwhile makes it wait. */
  #finishLater(finish: () => void): void {
    const { clock } = this.#options;
    const outages = this.#outages;
    const waiting = this.#waiting;
    const finishUnlessStalled = (): void => {
      if (outages !== this.#outages) return;
      const stalled = this.#stalledMicroseconds();
      if (stalled === 0) return finish();
      waiting?.(stalled);
      clock.after(stalled, finishUnlessStalled);
    };
    this.#lastSyncMicroseconds = this.#nextSyncMicroseconds();
    clock.after(this.#lastSyncMicroseconds, finishUnlessStalled);
  }

  #nextSyncMicroseconds(): number {
    const { randomness, syncMicroseconds } = this.#options;
    return randomness.integer(syncMicroseconds.least, syncMicroseconds.most);
  }

  /** How long nothing is synced from now on. */
  #stalledMicroseconds(): number {
    const stalled = Math.max(0, this.#stalledUntil - this.#options.clock.now);
    if (stalled > 0) this.#stalled();
    return stalled;
  }

  /** A sync that nobody may go on without. */
  #wait(pause: DiskUser["pause"]): void {
    pause(this.#stalledMicroseconds() + this.#nextSyncMicroseconds());
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
        this.#waiting = blocking ? pause : undefined;
        file.sync((failure) => {
          completed();
          awake(() => done(failure));
        });
        if (blocking) pause(this.#lastSyncMicroseconds);
      },
      syncNow: () => {
        file.syncNow();
        this.#wait(pause);
      },
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
