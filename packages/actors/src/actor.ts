/**
 * An actor: one role in a worker thread, made of the pure role, its driver and its storage.
 */
import { addressOf, type Clock, type NodeRole, type Random, type RoleStatus, type Signatures } from "@synod/protocol";
import type { Host, SnapshotRefusal } from "@synod/driver";
import type { StateMachine } from "@synod/machines";
import {
  FileLog,
  FileSnapshots,
  MemoryLog,
  MemorySnapshots,
  nodeFiles,
  requireLog,
  type Log,
  type SnapshotStore,
  type StorageError,
} from "@synod/storage";
import type { Codec } from "@synod/wire";
import { join } from "node:path";
import type { RoleRecovery, RoleStorage, WorkerSettings } from "./control.ts";
import type { AnyMessage } from "./protocols/hosted.ts";
import { protocolNamed } from "./protocols/index.ts";

export interface Actor {
  readonly role: NodeRole;
  start(): RoleRecovery;
  status(): RoleStatus;
  stop(): void;
}

export interface ActorContext {
  readonly settings: WorkerSettings;
  readonly host: Host<AnyMessage>;
  readonly codec: Codec<AnyMessage>;
  readonly newMachine: () => StateMachine;
  readonly random: Random;
  readonly clock: Clock;
  /** The node's, where the protocol signs. */
  readonly signatures: Signatures | undefined;
  /** Storage failed: the role has stopped. */
  readonly failed: (role: NodeRole, failure: StorageError) => void;
  /** Another learner's snapshot was no good; the role goes on. */
  readonly refused: (role: NodeRole, refusal: SnapshotRefusal) => void;
  /** The node is no member any more, from a slot on, and may stop. */
  readonly removed: (role: NodeRole, fromSlot: number) => void;
}

export function newActor(role: NodeRole, context: ActorContext): Actor {
  const { settings, host, codec, newMachine, random, clock, signatures, failed, refused, removed } = context;
  const { node, segmentBytes, snapshotBytes } = settings;
  const ground = {
    node,
    random,
    clock,
    newMachine,
    openSnapshots: () => openSnapshots(storageOf(role, settings)),
    snapshotBytes,
    signatures,
    later: (job: () => void) => void setImmediate(job),
    refused: (refusal: SnapshotRefusal) => refused(role, refusal),
    removed: (fromSlot: number) => removed(role, fromSlot),
  };
  const actor = protocolNamed(settings.protocol).newActor(role, settings.configuration, ground, {
    address: addressOf(role, node),
    host,
    codec,
    log: openLog(role, settings),
    segmentBytes,
    failed: (failure) => failed(role, failure),
  });
  return {
    role,
    start() {
      const { records, sizeBytes, tornBytes, snapshotSlot } = actor.start();
      return { role, records, logBytes: sizeBytes, tornBytes, snapshotSlot };
    },
    status: () => actor.status(),
    stop: () => actor.stop(),
  };
}

function storageOf(role: NodeRole, { storage }: WorkerSettings): RoleStorage {
  const found = storage[role];
  if (found === undefined) throw new RangeError(`no storage was given to the ${role}`);
  return found;
}

function openLog(role: NodeRole, settings: WorkerSettings): Log {
  const { protocol, placement, again } = settings;
  const storage = storageOf(role, settings);
  if (storage.kind === "memory") return new MemoryLog(storage.log);
  // A role in a thread of its own may wait for the disk; collapsed ones must not keep each other waiting.
  const folder = join(storage.folder, "log");
  if (again && !protocolNamed(protocol).forgetful.includes(role)) requireLog(folder);
  return new FileLog(folder, nodeFiles({ sync: placement === "role" ? "blocking" : "later" }));
}

function openSnapshots(storage: RoleStorage): SnapshotStore {
  if (storage.kind === "memory") return new MemorySnapshots(storage.snapshots);
  return new FileSnapshots(join(storage.folder, "snapshots"));
}
