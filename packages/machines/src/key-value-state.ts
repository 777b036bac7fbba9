/**
 * The keys and values of the key-value machine: byte strings in maps, one map per shard of keys.
 *
 * Shards bound every pause. A map that grows copies itself, which takes a tenth of a second at a million keys, and it
 * cannot hold more than 2^24; and a snapshot sorts its keys one shard at a time.
 *
 * A snapshot captures the state without copying it: as long as it has not reached a shard, a write there first puts
 * aside what the key held before.
 */
const shardCount = 1024;

type Shard = Map<string, string>;
type Shards = (Shard | undefined)[];

export class KeyValueState {
  /** A shard is made when the first key comes to it. */
  #shards: Shards = Array.from({ length: shardCount }, () => undefined);
  readonly #captures = new Set<Capture>();

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + (shard?.size ?? 0), 0);
  }

  get(key: string): string | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, value: string): void {
    const index = shardOf(key);
    if (this.#captures.size > 0) this.#putAside(index, key);
    let shard = this.#shards[index];
    if (shard === undefined) this.#shards[index] = shard = new Map();
    shard.set(key, value);
  }

  /** True when there was such a key. */
  delete(key: string): boolean {
    const index = shardOf(key);
    if (this.#captures.size > 0) this.#putAside(index, key);
    return this.#shards[index]?.delete(key) ?? false;
  }

  /** The state as it is now; to be released when it is not needed any more. */
  capture(): Capture {
    const capture = new Capture(this.#shards);
    this.#captures.add(capture);
    return capture;
  }

  release(capture: Capture): void {
    this.#captures.delete(capture);
  }

  /** Replaces the state. A capture keeps the old one, to which nothing is written from now on. */
  replace(entries: KeyValueState): void {
    this.#shards = entries.#shards;
    this.#captures.clear();
  }

  #putAside(index: number, key: string): void {
    const value = this.#shards[index]?.get(key);
    for (const capture of this.#captures) capture.putAside(index, key, value);
  }
}

/** Of a small state most shards are empty. */
const emptyShard = { keys: [], values: [] };

/** What a state held at one instant, one shard after the other. */
export class Capture {
  readonly #shards: Shards;
  /** Per shard not reached yet, what the keys written since held at the instant; undefined for nothing. */
  readonly #before = new Map<number, Map<string, string | undefined>>();
  #next = 0;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  putAside(index: number, key: string, value: string | undefined): void {
    if (index < this.#next) return;
    let before = this.#before.get(index);
    if (before === undefined) this.#before.set(index, (before = new Map()));
    if (!before.has(key)) before.set(key, value);
  }

  /** The entries of the next shard, sorted by key; undefined after the last. */
  nextShard(): { readonly keys: readonly string[]; readonly values: readonly string[] } | undefined {
    const index = this.#next;
    if (index === this.#shards.length) return undefined;
    this.#next += 1;
    const now = this.#shards[index];
    const before = this.#before.get(index);
    this.#before.delete(index);
    const shard = now === undefined || before === undefined ? now : asBefore(now, before);
    if (shard === undefined || shard.size === 0) return emptyShard;
    const keys = [...shard.keys()].sort();
    return { keys, values: keys.map((key) => shard.get(key) ?? "") };
  }
}

function asBefore(shard: Shard, before: ReadonlyMap<string, string | undefined>): Shard {
  const earlier = new Map(shard);
  for (const [key, value] of before) {
    if (value === undefined) earlier.delete(key);
    else earlier.set(key, value);
  }
  return earlier;
}

/** FNV-1a over the bytes of the key, folded. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (shardCount - 1);
}
