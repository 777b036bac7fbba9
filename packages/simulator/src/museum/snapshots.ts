/**
 * Bugs of snapshots: of what is in them, and of which moment they are.
 */
import { Replication } from "@synod/driver";
import { unchanged } from "@synod/protocol";
import { Replica, type StateMachine } from "@synod/machines";
import { FileSnapshots, type SnapshotStore } from "@synod/storage";
import type { MultiReplicationOptions } from "../protocols/multi.ts";
import type { Exhibit } from "./exhibit.ts";
import { filesWith } from "./log-files.ts";
import { multiWith } from "./multi-exhibits.ts";
import { changed, joined } from "./snapshots-bytes.ts";

const logRemovedBeforeSnapshot: Exhibit = {
  name: "log-removed-before-snapshot",
  title: "The log is dropped when the snapshot that replaces it is begun, not when it is durable",
  story:
    "A snapshot of a large state takes a while, and its write may fail. A log that is cut at the slot where the " +
    "snapshot was taken, before the snapshot is on the disk, leaves a time in which neither is there. One power failure " +
    "in that time and the node has neither the commands nor their effect; when the nodes of a rack lose power together, " +
    "nobody has.",
  source:
    "Ongaro, Consensus: Bridging Theory and Practice (2014), §5.1: only when a snapshot is written may the log go",
  simulation: multiWith({
    replication: (options) => new Replication({ ...options, snapshots: announcedAtOnce(options) }),
  }),
  options: { faults: ["node-crash"] },
};

function announcedAtOnce({ snapshots, act, learner }: MultiReplicationOptions): SnapshotStore {
  return {
    latest: () => snapshots.latest(),
    read: (slot, offset, sizeBytes) => snapshots.read(slot, offset, sizeBytes),
    begin(slot) {
      act((out) => learner.snapshotted(slot, out, unchanged));
      return snapshots.begin(slot);
    },
    close: () => snapshots.close(),
  };
}

const snapshotNameNotDurable: Exhibit = {
  name: "snapshot-name-not-durable",
  title: "A snapshot is synced and renamed, its folder is not, and the log behind it goes",
  story:
    "etcd made the database that it received as a snapshot durable, renamed it into its place, and wrote in its log " +
    "that it has it. The log survived a power failure and the name did not, so that the member came back to a log that " +
    "begins behind a snapshot that is not there, and could not start.",
  source: "etcd-io/etcd issue 22340 and pull request 22314 (2026)",
  simulation: multiWith({
    snapshots: (folder, files) => new FileSnapshots(folder, filesWith(files, { syncFolder: () => undefined })),
  }),
  options: { faults: ["node-crash"] },
};

const snapshotWithoutSessions: Exhibit = {
  name: "snapshot-without-sessions",
  title: "A snapshot holds the machine, and not the table of sessions",
  story:
    "The table by which a retried command runs once is part of the replicated state, also when it is kept beside the " +
    "machine and written by other code. A replica that comes back from a snapshot without it decides otherwise than the " +
    "others about the next request of every session: it runs what they pass over, or passes over what they run. From " +
    "then on the replicas differ for good.",
  source:
    "Ongaro, Consensus: Bridging Theory and Practice (2014), §6.3; atomix/atomix pull request 1101 (2021) mends a " +
    "snapshot with the sessions of the wrong service",
  simulation: multiWith({ replica: (options) => new ForgetfulReplica(options) }),
  options: { faults: ["node-crash"] },
};

class ForgetfulReplica extends Replica {
  override snapshot(): IterableIterator<Uint8Array> {
    const whole = joined(super.snapshot());
    return [changed(whole, (snapshot) => ({ ...snapshot, sessions: [] }))].values();
  }
}

const snapshotAheadOfItsState: Exhibit = {
  name: "snapshot-ahead-of-its-state",
  title: "What is durable says that it holds one command more than it does",
  story:
    "etcd 3.5 saved the index of the last applied entry apart from what applying it changed. A crash between the two " +
    "left a member that believed it had applied an entry it had not. It passed over that entry when it came back, and " +
    "answered from a state that nobody else had; nothing compared the members, and nobody noticed for months.",
  source: "etcd, v3.5 data inconsistency postmortem (2022); etcd-io/etcd issue 13766",
  simulation: multiWith({ replica: (options) => new AheadReplica(options) }),
  options: { faults: ["node-crash"] },
};

class AheadReplica extends Replica {
  override restore(parts: Iterable<Uint8Array>): void {
    super.restore([changed(joined(parts), (snapshot) => ({ ...snapshot, slot: snapshot.slot + 1 }))]);
  }
}

const batchCutBySnapshot: Exhibit = {
  name: "batch-cut-by-snapshot",
  title: "A snapshot that says it holds a whole batch lacks the last command of it",
  story:
    "ZooKeeper set the number of the last processed transaction with the first part of a multi-operation. A snapshot " +
    "that was taken just then said that it held the whole, and had a part. After a restart the log is read from the next " +
    "number on, and the rest of the batch, which was acknowledged, is gone on this server alone.",
  source: "ZOOKEEPER-3127 (2018), apache/zookeeper pull request 606",
  simulation: multiWith({
    replica: (options) => new Replica({ ...options, machine: lagging(options.machine) }),
  }),
  options: { faults: ["node-crash"] },
};

/** A machine whose snapshots lack the last command. */
function lagging(machine: StateMachine): StateMachine {
  let before: Uint8Array | undefined;
  return {
    name: machine.name,
    apply(command, reply) {
      before = joined(machine.snapshot());
      machine.apply(command, reply);
    },
    query: (query, reply) => machine.query(query, reply),
    snapshot: () => (before === undefined ? machine.snapshot() : [before]),
    restore(parts) {
      before = undefined;
      machine.restore(parts);
    },
  };
}

const snapshotOfNoMoment: Exhibit = {
  name: "snapshot-of-no-moment",
  title: "A snapshot is written while commands are applied, and holds some of them",
  story:
    "ZooKeeper writes its snapshots while it goes on, and repairs what is inconsistent by applying the log since then " +
    "once more, which needs every transaction to give the same result when it is applied twice. Some did not: closing a " +
    "session, for one, and servers differed after a restart. For a machine of arbitrary commands there is no such " +
    "repair: an append that is in the snapshot and in the log behind it is there twice.",
  source: "ZOOKEEPER-3144 and ZOOKEEPER-3145 (2018), apache/zookeeper pull requests 621 and 622",
  simulation: multiWith({
    replica: (options) => new Replica({ ...options, machine: unfrozen(options.machine) }),
    replication: (options) => new Replication({ ...options, later: slowly(options.later) }),
  }),
  options: { faults: ["node-crash"] },
};

/** A machine that looks at its state when the parts are taken: a generator does nothing before. */
function unfrozen(machine: StateMachine): StateMachine {
  return {
    name: machine.name,
    apply: (command, reply) => machine.apply(command, reply),
    query: (query, reply) => machine.query(query, reply),
    *snapshot() {
      yield* machine.snapshot();
    },
    restore: (parts) => machine.restore(parts),
  };
}

/** As long as it takes to write a state that is not small. */
function slowly(later: MultiReplicationOptions["later"], times = 500): MultiReplicationOptions["later"] {
  return (job) => {
    const wait = (left: number): void => later(left === 0 ? job : () => wait(left - 1));
    wait(times);
  };
}

export const snapshotExhibits: readonly Exhibit[] = [
  logRemovedBeforeSnapshot,
  snapshotNameNotDurable,
  snapshotWithoutSessions,
  snapshotAheadOfItsState,
  batchCutBySnapshot,
  snapshotOfNoMoment,
];
