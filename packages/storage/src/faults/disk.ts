/**
 * A disk in memory that knows what would survive a power failure: what was synced does, and of the rest any part that
 * the caller chooses.
 */

/** A change of a file's bytes that is not synced. */
type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly truncateTo: number };

/** A change of a folder's names that is not synced. */
interface NameChange {
  readonly removed: string | undefined;
  readonly added: readonly [name: string, file: DiskFile] | undefined;
}

/** A piece of an unsynced write, at most a page. */
export interface UnsyncedPiece {
  readonly at: number;
  readonly sizeBytes: number;
}

/** What of the unsynced survives a power failure. */
export interface Survival {
  /** How many bytes of a piece, from its front, reach the disk. */
  readonly piece: (piece: UnsyncedPiece) => number;
  /** Whether an unsynced change of a folder's names reaches the disk. */
  readonly name: () => boolean;
}

export class DiskFile {
  /** What a reader sees. */
  readonly cache = new Contents();
  /** What is on stable storage. */
  readonly #stored = new Contents();
  #unsynced: Change[] = [];

  /** The bytes on stable storage, until the next change. */
  get stored(): Uint8Array {
    return this.#stored.view();
  }

  write(at: number, bytes: Uint8Array): void {
    const taken = bytes.slice();
    this.cache.write(at, taken);
    this.#unsynced.push({ at, bytes: taken });
  }

  truncate(sizeBytes: number): void {
    this.cache.truncate(sizeBytes);
    this.#unsynced.push({ truncateTo: sizeBytes });
  }

  /** Begins a sync of what is unsynced now; the function that is returned finishes it. */
  beginSync(): () => void {
    const begun = new Set(this.#unsynced);
    return () => {
      for (const change of this.#unsynced) if (begun.has(change)) this.#store(change);
      this.#unsynced = this.#unsynced.filter((change) => !begun.has(change));
    };
  }

  /** A sync failed: what was unsynced counts as clean, is still read, and never reaches the disk. */
  loseUnsynced(): void {
    this.#unsynced = [];
  }

  /** The file as it is found after a power failure. */
  survivor(survival: Survival, pageBytes: number): DiskFile {
    const found = new DiskFile();
    found.#stored.write(0, this.#stored.view());
    for (const change of this.#unsynced) {
      if ("truncateTo" in change) {
        if (survival.name()) found.#stored.truncate(change.truncateTo);
        continue;
      }
      let from = 0;
      while (from < change.bytes.length) {
        const at = change.at + from;
        const sizeBytes = Math.min(pageBytes - (at % pageBytes), change.bytes.length - from);
        const kept = survival.piece({ at, sizeBytes });
        if (kept > 0) found.#stored.write(at, change.bytes.subarray(from, from + kept));
        from += sizeBytes;
      }
    }
    found.cache.write(0, found.#stored.view());
    return found;
  }

  #store(change: Change): void {
    if ("truncateTo" in change) this.#stored.truncate(change.truncateTo);
    else this.#stored.write(change.at, change.bytes);
  }
}

export class DiskFolder {
  /** What a reader sees. */
  readonly names = new Map<string, DiskFile>();
  readonly #stored = new Map<string, DiskFile>();
  #unsynced: NameChange[] = [];

  add(name: string, file: DiskFile): void {
    this.#change({ removed: undefined, added: [name, file] });
  }

  remove(name: string): void {
    this.#change({ removed: name, added: undefined });
  }

  rename(from: string, to: string, file: DiskFile): void {
    this.#change({ removed: from, added: [to, file] });
  }

  sync(): void {
    for (const change of this.#unsynced) applyChange(this.#stored, change);
    this.#unsynced = [];
  }

  survivor(survival: Survival, pageBytes: number): DiskFolder {
    const found = new Map(this.#stored);
    for (const change of this.#unsynced) if (survival.name()) applyChange(found, change);
    const folder = new DiskFolder();
    for (const [name, file] of found) folder.add(name, file.survivor(survival, pageBytes));
    folder.sync();
    return folder;
  }

  #change(change: NameChange): void {
    applyChange(this.names, change);
    this.#unsynced.push(change);
  }
}

function applyChange(names: Map<string, DiskFile>, { removed, added }: NameChange): void {
  if (removed !== undefined) names.delete(removed);
  if (added !== undefined) names.set(...added);
}

/** Bytes that grow; a hole reads as zeroes. */
export class Contents {
  #bytes = new Uint8Array(64);
  length = 0;

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.view());
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, at);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    if (length < this.length) this.#bytes.fill(0, length, this.length);
    this.length = length;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
