/**
 * A learner of a log on the stage, with what stands behind it in production: the replica and its snapshots.
 */
import type { Address, ChosenDelivery, Memberships, ReplicaDelivery, ReplicatedLearner } from "@synod/protocol";
import type { Response, RoleMachine, SnapshotPart } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { Replica } from "@synod/machines";
import { MemorySnapshots, newMemorySnapshotArea } from "@synod/storage";
import type { Act, Cast } from "../actor.ts";
import { newJournal } from "./journal.ts";

/** A learner of whatever protocol, behind which a replica stands. */
export type StagedLearner<Message, Entry extends Message> = RoleMachine<Message, Entry, ReplicaDelivery> &
  ReplicatedLearner<Message, Entry, ReplicaDelivery>;

export interface ReplicaSettings<Message, Entry extends Message> {
  readonly newLearner: () => StagedLearner<Message, Entry>;
  readonly node: number;
  /** Bytes of applied values after which a snapshot is due. */
  readonly snapshotBytes: number;
  /** Who takes part at first, where the members may change. */
  readonly memberships?: Memberships;
  readonly send: (to: Address, message: Response | SnapshotPart) => void;
  readonly later: (job: () => void) => void;
  /** Told of each value that is applied. */
  readonly applied: (delivery: ChosenDelivery) => void;
  /** Told that a snapshot was taken over, with its last slot. */
  readonly installed: (slot: number) => void;
}

const snapshotAreaBytes = 64 * 1024;

/** One life of a learner: what it knows ends with it, but for the snapshots. */
interface Life<Message, Entry extends Message> {
  readonly learner: StagedLearner<Message, Entry>;
  readonly replica: Replica;
  readonly replication: Replication<Message, Entry>;
  act: Act<Message, Entry, ReplicaDelivery>;
}

export function learnerCast<Message, Entry extends Message>(
  settings: ReplicaSettings<Message, Entry>,
): Cast<Message, Entry, ReplicaDelivery> {
  const { newLearner, node, snapshotBytes, memberships, send, later, applied, installed } = settings;
  const area = newMemorySnapshotArea(snapshotAreaBytes);
  let life: Life<Message, Entry> | undefined;
  const begin = (): Life<Message, Entry> => {
    const learner = newLearner();
    const replica = new Replica({ machine: newJournal(), node });
    const replication = new Replication<Message, Entry>({
      learner,
      replica,
      snapshots: new MemorySnapshots(area),
      send,
      act: (action) => begun.act(action),
      later: (job) =>
        later(() => {
          if (life === begun) job();
        }),
      failed: (failure) => {
        throw failure;
      },
      snapshotBytes,
      ...(memberships && { memberships }),
    });
    const begun: Life<Message, Entry> = { learner, replica, replication, act: () => undefined };
    return begun;
  };
  return {
    create: () => {
      life = begin();
      return life.learner;
    },
    started: (act) => {
      if (life === undefined) return;
      life.act = act;
      life.replication.recover();
    },
    deliver: (delivery) => {
      if (life === undefined) return;
      const before = life.replica.appliedSlot;
      life.replication.deliver(delivery);
      if (delivery.kind === "chosen") applied(delivery);
      else if (life.replica.appliedSlot > before) installed(life.replica.appliedSlot);
    },
  };
}
