/**
 * Multi-Paxos in the world: the replicated state machine, with its sessions, snapshots and clients.
 */
import { addressOf, flexible, majority, mayBeLost, leaderAccess, multi, noSuchRole, roleOf } from "@synod/protocol";
import type { Access, Address, Clock, QuorumSystem, Random, RoleMachine, ServiceMessage } from "@synod/protocol";
import { Session, type SessionOptions } from "@synod/client";
import { leavingBacking, Replication, type Backing, type ReplicationOptions } from "@synod/driver";
import { newKeyValueMachine, Replica, type ReplicaOptions } from "@synod/machines";
import { FileSnapshots, type FileLayer, type SnapshotStore } from "@synod/storage";
import type { Cast, PersonSurroundings, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { administration, nodesAfter } from "./administration.ts";
import { mostLater } from "./administrator.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLease, drawMostlyReads, LeasedReads, siteAmong, withPatience } from "./leases.ts";
import { drawLeaderTimes } from "./leader-times.ts";
import { MultiCheckers } from "./multi-checkers.ts";
import { drawLimits } from "./multi-limits.ts";
import { MultiWatcher } from "./multi-watcher.ts";
import { drawPaceByBytes, Replicas } from "./replicas.ts";
import { openRoleLog, realLogParts, type RoleLogParts } from "./role-log.ts";

type MultiCast = Cast<multi.Message, multi.Entry, multi.Delivery>;
export type MultiProtocol = SimulatedProtocol<multi.Message, multi.Entry, multi.Delivery>;
export type MultiReplicationOptions = ReplicationOptions<multi.Message, multi.Entry>;
export type MultiRole = RoleMachine<multi.Message, multi.Entry, multi.Delivery>;

/** What a run of Multi-Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface MultiParts extends RoleLogParts {
  configuration(configuration: multi.Configuration): multi.Configuration;
  proposer(configuration: multi.Configuration, node: number, random: Random, clock: Clock): MultiRole;
  acceptor(configuration: multi.Configuration, node: number, clock: Clock): MultiRole;
  /** Sees what a learner takes and gives, between it and its driver. */
  learner(learner: multi.Learner, configuration: multi.Configuration, node: number): MultiRole;
  snapshots(folder: string, files: FileLayer): SnapshotStore;
  replica(options: ReplicaOptions): Replica;
  replication(options: MultiReplicationOptions): Backing<multi.Message, multi.Entry, multi.Delivery>;
  /** Sees what a session of a client takes and gives. */
  session(options: SessionOptions): Session;
  /** The address of a client that went away and comes back. */
  comesBack(surroundings: PersonSurroundings<ServiceMessage>): Address;
}

const realParts: MultiParts = {
  ...realLogParts,
  configuration: (configuration) => configuration,
  proposer: (configuration, node, random, clock) => new multi.Proposer(configuration, node, random, { clock }),
  acceptor: (configuration, node, clock) => new multi.Acceptor(configuration, node, clock),
  learner: (learner) => learner,
  snapshots: (folder, files) => new FileSnapshots(folder, files),
  replica: (options) => new Replica(options),
  replication: (options) => new Replication(options),
  session: (options) => new Session(options),
  comesBack: ({ move }) => move(),
};

const roles = ["proposer", "acceptor", "learner"] as const;

/** @param replaced parts that are not the real ones */
export function newMultiProtocol(replaced: Partial<MultiParts> = {}): MultiProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "multi",
    layout: multi.layout,
    asEntry: multi.asEntry,
    slotOf: multi.slotOf,
    seconds: [1, 6],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: MultiParts): MultiCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const sound = drawConfiguration(randomness, setting);
  const configuration = parts.configuration(sound);
  const { nodes, quorums } = sound;
  const { membersChange } = setting;
  const checkers = new MultiCheckers(quorums, sound, membersChange, sound.limits.logBytes, report, reached);
  const laterNodes = membersChange ? nodesAfter(nodes) : [];
  const allNodes = [...nodes, ...laterNodes];
  const seenWorkload = checkers.watchedWorkload(workload);
  const replicas = new Replicas<multi.Message, multi.Entry>({
    newReplica: (node) => checkers.watchedReplica({ machine: machine(), node }, parts.replica),
    replication: (options) => parts.replication({ ...options, memberships: multi.firstMemberships(configuration) }),
    snapshots: parts.snapshots,
    pace: drawPaceByBytes(randomness),
    reached,
  });
  const leases = new LeasedReads();
  // A leader tells former members to stop now and then: by the times of a patient one, too late for this run.
  const timed = (node: number): multi.Configuration =>
    membersChange ? configuration : withPatience(configuration, randomness.stream("patience", node));
  const crowd = drawCrowd(randomness.stream("crowd"));
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: nodes.length - Math.max(quorums.phase1, quorums.phase2),
    ...(membersChange ? {} : { leaderNodes: quorums.phase2 }),
    progressTicks: 3000,
    stability: { ticks: 300, mostChanges: 2, leaderChanges: () => reached.get("leader-changes") },
    people: crowd.people,
    ...(configuration.lease && { siteOf: (client: Address) => siteAmong(nodes, client) }),
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new MultiWatcher({
      checkers,
      limits: sound.limits,
      reached,
      survivingSnapshot: replicas.survivingSnapshot,
    }),
    newRole(role, node, { random, clock }) {
      switch (role) {
        case "proposer":
          return leases.counts(parts.proposer(timed(node), node, random, clock));
        case "acceptor":
          return parts.acceptor(configuration, node, clock);
        case "learner":
          return parts.learner(replicas.learns(node, new multi.Learner(configuration, node)), configuration, node);
        default:
          return noSuchRole(role);
      }
    },
    backing: (role, life) =>
      roleOf(life.address) === "proposer" ? () => leavingBacking(life.leaves) : replicas.backing(role, life),
    openLog: (life) => openRoleLog(life, parts),
    newPerson: newSessionCrowd({
      access: () => (membersChange ? accessOf(() => checkers.consensus.members.members) : leaderAccess(nodes)),
      workload: seenWorkload,
      mostlyReads: configuration.lease !== undefined && drawMostlyReads(randomness.stream("reads")),
      newSession: parts.session,
      comesBack: parts.comesBack,
      thinkMicroseconds: crowd.thinkMicroseconds,
    }),
    ...administration({
      checkers,
      laterNodes,
      maySpare: (membership) => mayBeLost(membership.quorums) > 0,
      reached,
    }),
    unsettled(isUp) {
      const { members, highest } = checkers.consensus.members;
      const left = allNodes.find(
        (node) => node <= highest && !members.includes(node) && isUp(addressOf("proposer", node)),
      );
      if (left !== undefined) return `node ${left} is no member, and goes on`;
      return replicas.unsettled(members, isUp);
    },
    finalCheck() {
      leases.count(reached);
      checkers.finish();
    },
  };
}

/** Of the nodes that are members now. */
export function accessOf(members: () => readonly number[]): Access {
  return {
    ...leaderAccess(members()),
    get nodes() {
      return members();
    },
  };
}

function drawConfiguration(
  randomness: Randomness,
  { nodes: given, workload, membersChange }: Setting,
): multi.Configuration {
  const count = given ?? randomness.pick([3, 3, 3, 5, 5, 1, 2, 4]);
  const times = drawLeaderTimes(randomness);
  const limits = drawLimits(randomness.stream("limits"), workload === undefined);
  return multi.configurationOf(count, {
    identities: membersChange ? count + mostLater : count,
    alphaSlots: limits.windowSlots + randomness.stream("alpha").pick([0, 0, 1, 5]),
    quorums: drawQuorums(randomness, count),
    learning: randomness.pick(["distinguished", "every"]),
    lease: drawLease(randomness.stream("lease")),
    timing: times,
    limits,
  });
}

/** Small phase 1 quorums are likelier: who asks few acceptors finds the most gaps. */
function drawQuorums(randomness: Randomness, count: number): QuorumSystem {
  if (count < 3 || randomness.chance(0.6)) return majority(count);
  const phase2 = randomness.chance(0.5) ? count : randomness.integer(1, count);
  const least = count - phase2 + 1;
  return flexible(count, randomness.chance(0.7) ? least : randomness.integer(least, count), phase2);
}
