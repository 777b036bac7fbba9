/**
 * A disk in memory that knows what would survive a power failure: what was synced does, and of the rest any part that
 * the caller chooses.
 */

/** Bytes that were written and are not synced. */
interface Write {
  readonly at: number;
  readonly sizeBytes: number;
  /** Undefined as long as the cache holds them at their place. */
  bytes: Uint8Array | undefined;
}

/** A change of a file's bytes that is not synced. */
type Change = Write | { readonly truncateTo: number };

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
  /** Bytes that had been durable were overwritten behind its user's back. */
  isDamaged = false;
  /** What is on stable storage. */
  readonly #stored = new Contents();
  #unsynced: Change[] = [];
  /** How many changes came before the first unsynced one. */
  #settled = 0;

  /** The bytes on stable storage, until the next change. */
  get stored(): Uint8Array {
    return this.#stored.view();
  }

  write(at: number, bytes: Uint8Array): void {
    if (at < this.cache.length) this.#keepWritten();
    this.cache.write(at, bytes);
    this.#unsynced.push({ at, sizeBytes: bytes.length, bytes: undefined });
  }

  truncate(sizeBytes: number): void {
    this.#keepWritten();
    this.cache.truncate(sizeBytes);
    this.#unsynced.push({ truncateTo: sizeBytes });
  }

  /** Begins a sync of what is unsynced now; the function that is returned finishes it. */
  beginSync(): () => void {
    const through = this.#settled + this.#unsynced.length;
    return () => this.#storeThrough(through);
  }

  /** A sync failed: what was unsynced counts as clean, is still read, and never reaches the disk. */
  loseUnsynced(): void {
    this.#settled += this.#unsynced.length;
    this.#unsynced = [];
  }

  /** Puts other bytes in the place of some that are there, on stable storage too, as a bad disk may. */
  damage(at: number, bytes: Uint8Array): void {
    this.cache.write(at, bytes);
    const stored = bytes.subarray(0, Math.max(0, this.#stored.length - at));
    if (stored.length > 0) this.#stored.write(at, stored);
    this.isDamaged = true;
  }

  /** The file as it is found after a power failure. */
  survivor(survival: Survival, pageBytes: number): DiskFile {
    const found = new DiskFile();
    found.isDamaged = this.isDamaged;
    found.#stored.write(0, this.#stored.view());
    for (const change of this.#unsynced) {
      if ("truncateTo" in change) {
        if (survival.name()) found.#stored.truncate(change.truncateTo);
        continue;
      }
      const bytes = this.#bytesOf(change);
      let from = 0;
      while (from < bytes.length) {
        const at = change.at + from;
        const sizeBytes = Math.min(pageBytes - (at % pageBytes), bytes.length - from);
        const kept = survival.piece({ at, sizeBytes });
        if (kept > 0) found.#stored.write(at, bytes.subarray(from, from + kept));
        from += sizeBytes;
      }
    }
    found.cache.write(0, found.#stored.view());
    return found;
  }

  #storeThrough(through: number): void {
    const count = through - this.#settled;
    if (count <= 0) return;
    for (let index = 0; index < count; index++) {
      const change = this.#unsynced[index];
      if (change === undefined) continue;
      if ("truncateTo" in change) this.#stored.truncate(change.truncateTo);
      else this.#stored.write(change.at, this.#bytesOf(change));
    }
    this.#settled += count;
    this.#unsynced.splice(0, count);
  }

  #bytesOf({ at, sizeBytes, bytes }: Write): Uint8Array {
    return bytes ?? this.cache.view().subarray(at, at + sizeBytes);
  }

  /** The cache is going to change where it holds what was written before. */
  #keepWritten(): void {
    for (const change of this.#unsynced) {
      if (!("truncateTo" in change)) change.bytes ??= this.#bytesOf(change).slice();
    }
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

  /** What is on stable storage. */
  get stored(): ReadonlyMap<string, DiskFile> {
    return this.#stored;
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
    this.#makeRoom(end);
    this.#bytes.set(bytes, at);
    this.length = Math.max(this.length, end);
  }

  /** Cuts it, or lengthens it with zeroes. */
  truncate(length: number): void {
    if (length < this.length) this.#bytes.fill(0, length, this.length);
    this.#makeRoom(length);
    this.length = length;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }
}
