/**
 * A replica whose steps are seen: what it applies, what it is restored from, and the snapshots that are taken of it.
 */
import type { Replica } from "@synod/machines";
import { crc32c } from "@synod/wire";

export interface ReplicaWatch {
  applied(slot: number): void;
  restored(slot: number): void;
  /** Whether the states after a slot are compared on every node. */
  isCompared(slot: number): boolean;
  /** Whether some replica has shown its state after a slot. */
  isKnown(slot: number): boolean;
  /** The checksum of its state after a slot. */
  holds(slot: number, checksum: number): void;
  /** The checksum of a snapshot of its state after a slot, as whoever took its parts got them. */
  snapshotted(slot: number, checksum: number): void;
}

/** Watches a replica from now on. Returns what compares its state at once. */
export function watchReplica(replica: Replica, watch: ReplicaWatch): () => void {
  const apply = replica.apply.bind(replica);
  const restore = replica.restore.bind(replica);
  const snapshot = replica.snapshot.bind(replica);
  const compare = (): void => watch.holds(replica.appliedSlot, checksumOf(snapshot()));
  replica.apply = (slot, value, respond) => {
    apply(slot, value, respond);
    watch.applied(slot);
    if (watch.isCompared(slot)) compare();
  };
  replica.restore = (parts, expectedSlot) => {
    restore(parts, expectedSlot);
    watch.restored(replica.appliedSlot);
    compare();
  };
  replica.snapshot = () => {
    const slot = replica.appliedSlot;
    if (!watch.isKnown(slot)) compare();
    return observed(snapshot(), (checksum) => watch.snapshotted(slot, checksum));
  };
  return compare;
}

function checksumOf(parts: Iterable<Uint8Array>): number {
  let checksum = 0;
  for (const part of parts) checksum = crc32c(part, 0, part.length, checksum);
  return checksum;
}

/** The same parts; `done` hears the checksum of all of them when they have been taken. */
function observed(parts: IterableIterator<Uint8Array>, done: (checksum: number) => void): IterableIterator<Uint8Array> {
  let checksum = 0;
  const iterator: IterableIterator<Uint8Array> = {
    next() {
      const part = parts.next();
      if (part.done === true) done(checksum);
      else checksum = crc32c(part.value, 0, part.value.length, checksum);
      return part;
    },
    return(value?: unknown) {
      return parts.return?.(value) ?? { done: true, value };
    },
    [Symbol.iterator]: () => iterator,
  };
  return iterator;
}
