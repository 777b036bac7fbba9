/**
 * What stands behind a learner in every protocol that replicates a state machine.
 */
import type { Memberships, ReplicaDelivery, ReplicatedLearner, Response, SnapshotPart } from "@synod/protocol";
import { Replication, type Front } from "@synod/driver";
import { Replica, type ReplicaOptions } from "@synod/machines";
import type { Ground } from "./hosted.ts";

/** What a protocol may choose. */
export interface ReplicaChoices extends Pick<ReplicaOptions, "unordered"> {
  /** Snapshots are made at every so many slots, the same on all nodes. */
  readonly snapshotSlots?: number;
  /** Who takes part at first, where that is chosen in the log. */
  readonly memberships?: Memberships;
}

/** @typeParam Message those of the protocol, with what a replica sends among them */
export function replicationOf<Message, Entry>(
  learner: ReplicatedLearner<Message | Response | SnapshotPart, Entry, ReplicaDelivery>,
  { newMachine, node, openSnapshots, later, refused, snapshotBytes }: Ground,
  { snapshotSlots, memberships, ...options }: ReplicaChoices = {},
): (
  front: Front<Message | Response | SnapshotPart, Entry, ReplicaDelivery>,
) => Replication<Message | Response | SnapshotPart, Entry> {
  return (front) =>
    new Replication({
      ...front,
      learner,
      replica: new Replica({ machine: newMachine(), node, ...options }),
      snapshots: openSnapshots(),
      later,
      refused,
      snapshotBytes,
      ...(snapshotSlots === undefined ? {} : { snapshotSlots }),
      ...(memberships === undefined ? {} : { memberships }),
    });
}
