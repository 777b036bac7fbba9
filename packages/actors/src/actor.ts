/**
 * An actor: one role in a worker thread, made of the pure role, its driver and its storage.
 */
import { addressOf, multi, type Address, type Random, type RoleStatus } from "@synod/protocol";
import { Driver, Replication, type EntryCodec, type Host, type SnapshotRefusal } from "@synod/driver";
import { Replica, type StateMachine } from "@synod/machines";
import {
  FileLog,
  FileSnapshots,
  MemoryLog,
  MemorySnapshots,
  nodeFiles,
  type Log,
  type SnapshotStore,
  type StorageError,
} from "@synod/storage";
import { ByteReader, ByteWriter, type Codec } from "@synod/wire";
import { join } from "node:path";
import type { RoleRecovery, RoleStorage, WorkerSettings } from "./control.ts";
import { requireLog } from "./missing-log.ts";
import type { NodeRole } from "./placement.ts";

export interface Actor {
  readonly role: NodeRole;
  start(): RoleRecovery;
  status(): RoleStatus;
  stop(): void;
}

export interface ActorContext {
  readonly settings: WorkerSettings;
  readonly host: Host<multi.Message>;
  readonly codec: Codec<multi.Message>;
  readonly newMachine: () => StateMachine;
  readonly random: Random;
  /** Storage failed: the role has stopped. */
  readonly failed: (role: NodeRole, failure: StorageError) => void;
  /** Another learner's snapshot was no good; the role goes on. */
  readonly refused: (role: NodeRole, refusal: SnapshotRefusal) => void;
}

type RoleOf = multi.Proposer | multi.Acceptor | multi.Learner;

export function newActor(role: NodeRole, context: ActorContext): Actor {
  const { configuration, node } = context.settings;
  switch (role) {
    case "proposer":
      return new RoleActor(role, new multi.Proposer(configuration, node, context.random), context);
    case "acceptor":
      return new RoleActor(role, new multi.Acceptor(configuration, node), context);
    case "learner":
      return new LearnerActor(new multi.Learner(configuration, node), context);
  }
}

/** A role with a log. */
class RoleActor<Machine extends RoleOf> implements Actor {
  readonly role: NodeRole;
  protected readonly machine: Machine;
  protected readonly driver: Driver<multi.Message, multi.Entry, multi.Delivery>;
  protected readonly address: Address;
  readonly #log: Log;
  readonly #host: Host<multi.Message>;

  constructor(role: NodeRole, machine: Machine, context: ActorContext) {
    const { settings, host } = context;
    this.role = role;
    this.machine = machine;
    this.address = addressOf(role, settings.node);
    this.#host = host;
    this.#log = openLog(role, settings);
    this.driver = new Driver<multi.Message, multi.Entry, multi.Delivery>({
      role: machine,
      log: this.#log,
      codec: entryCodec(context.codec),
      send: (to, message) => host.send(this.address, to, message),
      deliver: (delivery) => this.deliver(delivery),
      failed: (failure) => context.failed(role, failure),
      segmentBytes: settings.segmentBytes,
    });
  }

  start(): RoleRecovery {
    const { records, sizeBytes, tornBytes } = this.driver.recover();
    const snapshotSlot = this.recovered();
    this.#host.attach(this.address, this.driver);
    return { role: this.role, records, logBytes: sizeBytes, tornBytes, snapshotSlot };
  }

  status(): RoleStatus {
    const { turns, messages, entries, syncs, droppedMessages } = this.driver.counters;
    return {
      ...this.machine.status(),
      ...this.extraStatus(),
      turns,
      messages,
      entries,
      syncs,
      droppedMessages,
      logBytes: this.#log.sizeBytes,
    };
  }

  stop(): void {
    this.#host.detach(this.address);
    this.driver.stop();
    this.#log.close();
  }

  protected deliver(delivery: multi.Delivery): void {
    throw new Error(`${this.role} delivered ${delivery.kind}, which only a learner does`);
  }

  /** Takes back what is kept beside the log; returns the slot of a snapshot, or 0. */
  protected recovered(): number {
    return 0;
  }

  protected extraStatus(): RoleStatus {
    return {};
  }
}

class LearnerActor extends RoleActor<multi.Learner> {
  readonly #snapshots: SnapshotStore;
  readonly #replication: Replication;
  readonly #replica: Replica;

  constructor(learner: multi.Learner, context: ActorContext) {
    super("learner", learner, context);
    const { settings, host, newMachine, failed, refused } = context;
    this.#snapshots = openSnapshots(settings.storage.learner);
    this.#replica = new Replica({ machine: newMachine(), node: settings.node });
    this.#replication = new Replication({
      learner,
      replica: this.#replica,
      snapshots: this.#snapshots,
      send: (to, message) => host.send(this.address, to, message),
      act: (action) => this.driver.act(action),
      later: (job) => void setImmediate(job),
      failed: (failure) => {
        this.driver.stop();
        failed("learner", failure);
      },
      refused: (refusal) => refused("learner", refusal),
      snapshotBytes: settings.snapshotBytes,
    });
  }

  override stop(): void {
    super.stop();
    this.#replication.close();
    this.#snapshots.close();
  }

  protected override deliver(delivery: multi.Delivery): void {
    this.#replication.deliver(delivery);
  }

  protected override recovered(): number {
    const slot = this.#replication.recover();
    if (slot > 0) this.driver.act((out) => this.machine.installed(slot, out));
    return slot;
  }

  protected override extraStatus(): RoleStatus {
    return { applied: this.#replica.appliedSlot, ...this.#replica.counters, ...this.#replication.status() };
  }
}

function openLog(role: NodeRole, { storage: ofNode, placement, again }: WorkerSettings): Log {
  const storage = ofNode[role];
  if (storage.kind === "memory") return new MemoryLog(storage.log);
  // A role in a thread of its own may wait for the disk; collapsed ones must not keep each other waiting.
  const folder = join(storage.folder, "log");
  // A learner keeps nothing in its log.
  if (again && role !== "learner") requireLog(folder);
  return new FileLog(folder, nodeFiles({ sync: placement === "role" ? "blocking" : "later" }));
}

function openSnapshots(storage: RoleStorage): SnapshotStore {
  if (storage.kind === "memory") return new MemorySnapshots(storage.snapshots);
  return new FileSnapshots(join(storage.folder, "snapshots"));
}

/** The bytes of an entry are those of the message on the wire. */
function entryCodec(codec: Codec<multi.Message>): EntryCodec<multi.Entry> {
  const writer = new ByteWriter(64 * 1024);
  return {
    encode(entry) {
      writer.clear();
      codec.encode(writer, entry);
      return writer.view();
    },
    decode(record) {
      const reader = new ByteReader(record);
      const message = codec.decode(reader);
      reader.end("record");
      return multi.asEntry(message);
    },
    position: multi.slotOf,
  };
}
