/**
 * What stands behind a learner: the replicated state machine with its sessions, and its snapshots. It applies what
 * the learner delivers, answers clients, keeps snapshots so that the log can be dropped, and gives them to learners
 * that are behind.
 */
import { limits, type Address, type multi } from "@synod/protocol";
import type { Replica } from "@synod/machines";
import type { SnapshotStore, SnapshotWriter, StorageError } from "@synod/storage";

export interface ReplicationOptions {
  readonly learner: multi.Learner;
  readonly replica: Replica;
  readonly snapshots: SnapshotStore;
  readonly send: (to: Address, message: multi.Message) => void;
  /** Lets the learner act outside its turn: `Driver.act`. */
  readonly act: (action: (out: multi.Output) => void) => void;
  /** Continues a long job soon, after other work. */
  readonly later: (job: () => void) => void;
  /** Storage failed: the learner must stop. */
  readonly failed: (failure: StorageError) => void;
  /** Bytes of applied values after which a snapshot is due; it waits for as much as the last snapshot was long. */
  readonly snapshotBytes: number;
}

/** Another learner's snapshot on its way here. */
interface Incoming {
  readonly slot: number;
  readonly writer: SnapshotWriter;
}

export class Replication {
  readonly #options: ReplicationOptions;
  #bytesSince = 0;
  #writing = false;
  #incoming: Incoming | undefined;
  #snapshotsTaken = 0;

  constructor(options: ReplicationOptions) {
    this.#options = options;
  }

  /** Starts from the newest snapshot, if there is one; returns its slot, or 0. */
  recover(): number {
    const newest = this.#options.snapshots.latest();
    if (newest === undefined) return 0;
    this.#restore(newest.slot, newest.sizeBytes);
    return newest.slot;
  }

  deliver(delivery: multi.Delivery): void {
    switch (delivery.kind) {
      case "chosen":
        this.#options.replica.apply(delivery.slot, delivery.value, this.#respond);
        this.#bytesSince += delivery.value.length;
        this.#snapshotWhenDue();
        return;
      case "read":
        this.#options.replica.query(delivery.client, delivery.query, this.#respond);
        return;
      case "serve":
        this.#serve(delivery);
        return;
      case "part":
        this.#part(delivery);
        return;
    }
  }

  status(): { readonly snapshotSlot: number; readonly snapshotBytes: number; readonly snapshotsTaken: number } {
    const newest = this.#options.snapshots.latest();
    return {
      snapshotSlot: newest?.slot ?? 0,
      snapshotBytes: newest?.sizeBytes ?? 0,
      snapshotsTaken: this.#snapshotsTaken,
    };
  }

  readonly #respond = (client: Address, reply: Uint8Array): void => {
    this.#options.send(client, { kind: "Response", reply });
  };

  #snapshotWhenDue(): void {
    const { snapshots, snapshotBytes } = this.#options;
    if (this.#writing || this.#incoming !== undefined || this.#bytesSince < snapshotBytes) return;
    if (this.#bytesSince < (snapshots.latest()?.sizeBytes ?? 0)) return;
    this.#bytesSince = 0;
    this.#writing = true;
    const slot = this.#options.replica.appliedSlot;
    const parts = this.#options.replica.snapshot()[Symbol.iterator]();
    this.#writeNext(slot, parts, snapshots.begin(slot));
  }

  /** One part at a time, so that commands are applied in between. */
  #writeNext(slot: number, parts: Iterator<Uint8Array>, writer: SnapshotWriter): void {
    const { later, failed, act, learner } = this.#options;
    this.#guard(() => {
      const part = parts.next();
      if (part.done !== true) {
        writer.append(part.value);
        later(() => this.#writeNext(slot, parts, writer));
        return;
      }
      writer.commit((failure) => {
        this.#writing = false;
        if (failure !== undefined) return failed(failure);
        this.#snapshotsTaken += 1;
        act((out) => learner.snapshotted(slot, out));
      });
    });
  }

  #serve({ to, slot, offset }: multi.ServeDelivery): void {
    const { snapshots, send } = this.#options;
    this.#guard(() => {
      const newest = snapshots.latest();
      const wanted = slot === 0 ? newest?.slot : slot;
      const bytes = wanted === undefined ? undefined : snapshots.read(wanted, offset, limits.snapshotPartBytes);
      // Without a snapshot, or with a newer one, an empty part says so.
      send(to, {
        kind: "SnapshotPart",
        slot: newest?.slot ?? 0,
        offset,
        sizeBytes: newest?.sizeBytes ?? 0,
        bytes: bytes ?? new Uint8Array(0),
      });
    });
  }

  #part({ slot, offset, sizeBytes, bytes }: multi.PartDelivery): void {
    const { snapshots, learner, failed, act } = this.#options;
    if (this.#writing) return learner.refused();
    this.#guard(() => {
      if (this.#incoming === undefined || this.#incoming.slot !== slot || offset === 0) {
        this.#incoming?.writer.abandon();
        this.#incoming = undefined;
        if (offset !== 0) return learner.refused();
        this.#incoming = { slot, writer: snapshots.begin(slot) };
      }
      const { writer } = this.#incoming;
      writer.append(bytes);
      if (offset + bytes.length < sizeBytes) return;
      this.#incoming = undefined;
      this.#writing = true;
      writer.commit((failure) => {
        this.#writing = false;
        if (failure !== undefined) return failed(failure);
        act((later) => this.#install(slot, sizeBytes, later));
      });
    });
  }

  /** Only forward: a snapshot never replaces a newer state. */
  #install(slot: number, sizeBytes: number, out: multi.Output): void {
    const { learner, replica } = this.#options;
    if (slot > replica.appliedSlot) this.#guard(() => this.#restore(slot, sizeBytes));
    learner.installed(replica.appliedSlot, out);
    learner.snapshotted(slot, out);
  }

  #restore(slot: number, sizeBytes: number): void {
    const { snapshots, replica } = this.#options;
    replica.restore(partsOf(snapshots, slot, sizeBytes));
    this.#bytesSince = 0;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof Error) || failure.name !== "StorageError") throw failure;
      this.#options.failed(failure as StorageError);
    }
  }
}

function* partsOf(snapshots: SnapshotStore, slot: number, sizeBytes: number): Iterable<Uint8Array> {
  for (let offset = 0; offset < sizeBytes;) {
    const part = snapshots.read(slot, offset, limits.snapshotPartBytes);
    if (part === undefined || part.length === 0) return;
    yield part;
    offset += part.length;
  }
}
