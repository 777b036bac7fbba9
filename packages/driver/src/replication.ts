/**
 * What stands behind a learner: the replicated state machine with its sessions, and its snapshots. It applies what
 * the learner delivers, answers clients, keeps snapshots so that the log can be dropped, and gives them to learners
 * that are behind.
 */
import {
  isMembershipValue,
  limits,
  noOp,
  unchanged,
  type Address,
  type Memberships,
  type Output,
  type PartDelivery,
  type ReplicaDelivery,
  type ReplicatedLearner,
  type Response,
  type RoleStatus,
  type ServeDelivery,
  type SnapshotPart,
} from "@synod/protocol";
import { SnapshotMismatch, type Replica } from "@synod/machines";
import type { SnapshotStore, SnapshotWriter, StorageError } from "@synod/storage";
import { DecodeError } from "@synod/wire";
import { splitMemberships, withMemberships } from "./membership-snapshot.ts";
import type { Backing } from "./role-actor.ts";

export interface ReplicationOptions<Message, Entry> {
  readonly learner: ReplicatedLearner<Message, Entry, ReplicaDelivery>;
  readonly replica: Replica;
  readonly snapshots: SnapshotStore;
  readonly send: (to: Address, message: Response | SnapshotPart) => void;
  /** Lets the learner act outside its turn: `Driver.act`. */
  readonly act: (action: (out: Output<Message, Entry, ReplicaDelivery>) => void) => void;
  /** Continues a long job soon, after other work. */
  readonly later: (job: () => void) => void;
  /** Storage failed: the learner must stop. */
  readonly failed: (failure: StorageError) => void;
  /** Hears that another learner sent no snapshot of this machine, or a damaged one: nothing of it was taken. */
  readonly refused?: (refusal: SnapshotRefusal) => void;
  /** Bytes of applied values after which a snapshot is due; it waits for as much as the last snapshot was long. */
  readonly snapshotBytes: number;
  /**
   * Makes snapshots at every so many slots instead, the same on all nodes: where a snapshot is believed only when several
   * nodes have the same.
   */
  readonly snapshotSlots?: number;
  /** Bytes of one part of a snapshot on its way to another learner; as `limits` says unless given. */
  readonly snapshotPartBytes?: number;
  /** Who takes part before anything is chosen, where the members may change: snapshots say who they are then. */
  readonly memberships?: Memberships;
  /** The node is no member any more, from a slot on, and may stop. */
  readonly removed?: (from: number) => void;
}

/** Why another learner's snapshot was not installed. */
export type SnapshotRefusal = SnapshotMismatch | DecodeError;

/**
 * Another learner's snapshot on its way here. It stays in memory until it is whole and has been restored, so that a bad
 * one never replaces the own; it is about as large as the state that it becomes.
 */
interface Incoming {
  readonly slot: number;
  readonly parts: Uint8Array[];
}

/** A snapshot that is being written. */
interface Outgoing {
  readonly slot: number;
  readonly parts: Iterator<Uint8Array>;
  /** The history of memberships as `slot` leaves it. */
  readonly memberships: Uint8Array;
  readonly writer: SnapshotWriter;
}

export class Replication<Message, Entry> implements Backing<Message, Entry, ReplicaDelivery> {
  readonly #options: ReplicationOptions<Message, Entry>;
  readonly #partBytes: number;
  /** Who takes part, as what was applied leaves it. */
  #memberships: Memberships | undefined;
  #bytesSince = 0;
  /** Whether replicas that have applied so many values are all the same: else a snapshot has to wait. */
  #settled = true;
  #writing: Outgoing | undefined;
  #incoming: Incoming | undefined;
  #snapshotsTaken = 0;
  #snapshotsRefused = 0;

  constructor(options: ReplicationOptions<Message, Entry>) {
    this.#options = options;
    this.#memberships = options.memberships;
    this.#partBytes = options.snapshotPartBytes ?? limits.snapshotPartBytes;
  }

  /** Starts from the newest snapshot, if there is one, and tells the learner; returns its slot, or 0. */
  recover(): number {
    const { snapshots, learner, act } = this.#options;
    const newest = snapshots.latest();
    if (newest === undefined) return 0;
    this.#restore(partsOf(snapshots, newest.slot, newest.sizeBytes), newest.slot);
    act((out) => {
      learner.installed(newest.slot, out, this.#membershipBytes);
      // What it told the acceptors may have been lost with its last life.
      learner.snapshotted(newest.slot, out, this.#membershipBytes);
    });
    return newest.slot;
  }

  /** Gives up a snapshot that is being written, and closes the store; nothing is delivered any more. */
  close(): void {
    const writing = this.#writing;
    this.#writing = undefined;
    writing?.parts.return?.();
    this.#options.snapshots.close();
  }

  deliver(delivery: ReplicaDelivery): void {
    switch (delivery.kind) {
      case "chosen":
        // In the turn that ends a fetch the learner may have delivered what the snapshot holds already.
        if (delivery.slot <= this.#options.replica.appliedSlot) return;
        this.#apply(delivery.slot, delivery.value);
        this.#bytesSince += delivery.value.length;
        this.#settled = delivery.settled !== false;
        // It caught up from a log before the whole snapshot came.
        if (this.#incoming !== undefined && this.#incoming.slot <= delivery.slot) this.#incoming = undefined;
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
      case "snapshot":
        this.#guard(() => this.#snapshotUnlessTaken());
        return;
      case "removed":
        this.#options.removed?.(delivery.from);
        return;
    }
  }

  status(): RoleStatus {
    const newest = this.#options.snapshots.latest();
    return {
      snapshotSlot: newest?.slot ?? 0,
      snapshotBytes: newest?.sizeBytes ?? 0,
      snapshotsTaken: this.#snapshotsTaken,
      snapshotsRefused: this.#snapshotsRefused,
    };
  }

  /** Who takes part is no concern of the state machine: to it such a slot is a no-op. */
  #apply(slot: number, value: Uint8Array): void {
    const { replica } = this.#options;
    if (this.#memberships === undefined || !isMembershipValue(value)) return replica.apply(slot, value, this.#respond);
    this.#memberships = this.#memberships.chosen(slot, value);
    replica.apply(slot, noOp, this.#respond);
  }

  /** @throws SnapshotMismatch, DecodeError; then nothing has changed */
  #restore(parts: Iterable<Uint8Array>, slot: number): void {
    const { replica } = this.#options;
    if (this.#memberships === undefined) return replica.restore(parts, slot);
    const split = splitMemberships(parts);
    replica.restore(split.parts, slot);
    this.#memberships = this.#memberships.from(split.memberships);
  }

  get #membershipBytes(): Uint8Array {
    return this.#memberships?.bytes ?? unchanged;
  }

  readonly #respond = (client: Address, reply: Uint8Array): void => {
    this.#options.send(client, { kind: "Response", reply });
  };

  #snapshotWhenDue(): void {
    if (!this.#settled || !this.#isDue) return;
    const { snapshots, snapshotSlots } = this.#options;
    this.#guard(() => {
      if (snapshotSlots === undefined && this.#bytesSince < (snapshots.latest()?.sizeBytes ?? 0)) return;
      this.#snapshotUnlessTaken();
    });
  }

  get #isDue(): boolean {
    const { snapshotBytes, snapshotSlots, replica } = this.#options;
    if (this.#bytesSince === Infinity) return true;
    if (snapshotSlots !== undefined) return replica.appliedSlot % snapshotSlots === 0;
    return this.#bytesSince >= snapshotBytes;
  }

  /** Begins a snapshot of the state as it is, unless there is one already or one is being written. */
  #snapshotUnlessTaken(): void {
    const { snapshots, replica } = this.#options;
    const slot = replica.appliedSlot;
    if (this.#writing !== undefined || slot === (snapshots.latest()?.slot ?? 0)) return;
    this.#bytesSince = 0;
    const memberships = this.#membershipBytes;
    const writer = snapshots.begin(slot);
    const own = replica.snapshot();
    const parts = this.#memberships === undefined ? own : withMemberships(memberships, own);
    const writing = { slot, parts, memberships, writer };
    this.#writing = writing;
    this.#writeNext(writing);
  }

  /** One part at a time, so that commands are applied in between. */
  #writeNext(writing: Outgoing): void {
    if (this.#writing !== writing) return;
    this.#guard(() => {
      const part = writing.parts.next();
      if (part.done !== true) {
        writing.writer.append(part.value);
        this.#options.later(() => this.#writeNext(writing));
        return;
      }
      writing.writer.commit((failure) => this.#written(writing, failure));
    });
  }

  #written(writing: Outgoing, failure: StorageError | undefined): void {
    // Closed meanwhile.
    if (this.#writing !== writing) return;
    const { failed, act, learner } = this.#options;
    if (failure !== undefined) return failed(failure);
    this.#writing = undefined;
    this.#snapshotsTaken += 1;
    act((out) => learner.snapshotted(writing.slot, out, writing.memberships));
    this.#snapshotWhenDue();
  }

  #serve({ to, slot, offset }: ServeDelivery): void {
    const { snapshots, send } = this.#options;
    this.#guard(() => {
      const newest = snapshots.latest();
      const wanted = slot === 0 ? newest?.slot : slot;
      const bytes = wanted === undefined ? undefined : snapshots.read(wanted, offset, this.#partBytes);
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

  #part({ slot, offset, sizeBytes, bytes }: PartDelivery): void {
    if (offset === 0) this.#incoming = { slot, parts: [] };
    const incoming = this.#incoming;
    if (incoming?.slot !== slot) return this.#options.learner.refused();
    incoming.parts.push(bytes);
    if (offset + bytes.length < sizeBytes) return;
    this.#incoming = undefined;
    this.#install(incoming);
  }

  /** Only forward: a snapshot never replaces a newer state. */
  #install({ slot, parts }: Incoming): void {
    const { learner, replica, refused, act } = this.#options;
    if (slot > replica.appliedSlot) {
      try {
        this.#restore(parts, slot);
      } catch (failure) {
        if (!(failure instanceof SnapshotMismatch || failure instanceof DecodeError)) throw failure;
        this.#snapshotsRefused += 1;
        learner.refused();
        refused?.(failure);
        return;
      }
      this.#settled = true;
      // An own snapshot is due at once: the log of this node may lack what came before.
      this.#bytesSince = Infinity;
    }
    act((out) => learner.installed(replica.appliedSlot, out, this.#membershipBytes));
    this.#snapshotWhenDue();
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
