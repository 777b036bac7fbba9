/**
 * An actor: one role in a worker thread, made of the pure role, its driver and its storage.
 */
import { addressOf, multi, noSuchRole, type Random, type RoleStatus } from "@synod/protocol";
import { entryCodec, Replication, RoleActor, type Front, type Host, type SnapshotRefusal } from "@synod/driver";
import { Replica, type StateMachine } from "@synod/machines";
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

type MultiActor = RoleActor<multi.Message, multi.Entry, multi.Delivery>;

export function newActor(role: NodeRole, context: ActorContext): Actor {
  const actor = newRoleActor(role, context);
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

function newRoleActor(role: NodeRole, context: ActorContext): MultiActor {
  const { settings, host, codec, random, failed } = context;
  const { configuration, node, segmentBytes } = settings;
  const rest = {
    address: addressOf(role, node),
    host,
    log: openLog(role, settings),
    codec: entryCodec(codec, multi),
    failed: (failure: StorageError) => failed(role, failure),
    segmentBytes,
  };
  switch (role) {
    case "proposer":
      return new RoleActor({ ...rest, role: new multi.Proposer(configuration, node, random) });
    case "acceptor":
      return new RoleActor({ ...rest, role: new multi.Acceptor(configuration, node) });
    case "learner": {
      const learner = new multi.Learner(configuration, node);
      return new RoleActor({ ...rest, role: learner, backing: (front) => newReplication(learner, front, context) });
    }
    default:
      return noSuchRole(role);
  }
}

function newReplication(
  learner: multi.Learner,
  front: Front<multi.Message, multi.Entry, multi.Delivery>,
  { settings, newMachine, refused }: ActorContext,
): Replication<multi.Message, multi.Entry> {
  return new Replication({
    ...front,
    learner,
    replica: new Replica({ machine: newMachine(), node: settings.node }),
    snapshots: openSnapshots(settings.storage.learner),
    later: (job) => void setImmediate(job),
    refused: (refusal) => refused("learner", refusal),
    snapshotBytes: settings.snapshotBytes,
  });
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
