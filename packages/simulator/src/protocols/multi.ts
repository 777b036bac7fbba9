/**
 * Multi-Paxos in the world: the replicated state machine, with its sessions, snapshots and clients.
 */
import {
  addressOf,
  flexible,
  majority,
  mayBeLost,
  leaderAccess,
  multi,
  nodeOf,
  noSuchRole,
  roleOf,
  timing,
} from "@synod/protocol";
import type { Access, Address, QuorumSystem, Random, RoleMachine, ServiceMessage } from "@synod/protocol";
import { Session, type SessionOptions } from "@synod/client";
import { leavingBacking, Replication, type Backing, type ReplicationOptions } from "@synod/driver";
import { newKeyValueMachine, Replica, type ReplicaOptions } from "@synod/machines";
import { FileLog, FileSnapshots, type FileLayer, type Log, type SnapshotStore } from "@synod/storage";
import { requireMemory } from "../world/memory.ts";
import type { AdministratorSurroundings, Cast, Life, PersonSurroundings } from "../world/protocol.ts";
import type { Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawCrowd } from "./crowd.ts";
import { MultiCheckers } from "./multi-checkers.ts";
import { drawLimits, drawPartBytes } from "./multi-limits.ts";
import { MultiWatcher } from "./multi-watcher.ts";
import { survivingSnapshot } from "./surviving-snapshot.ts";
import { Administrator } from "./administrator.ts";
import { SessionPerson } from "./session-person.ts";

type MultiCast = Cast<multi.Message, multi.Entry, multi.Delivery>;
export type MultiProtocol = SimulatedProtocol<multi.Message, multi.Entry, multi.Delivery>;
export type MultiReplicationOptions = ReplicationOptions<multi.Message, multi.Entry>;
export type MultiRole = RoleMachine<multi.Message, multi.Entry, multi.Delivery>;

/** What a run of Multi-Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface MultiParts {
  configuration(configuration: multi.Configuration): multi.Configuration;
  proposer(configuration: multi.Configuration, node: number, random: Random): MultiRole;
  acceptor(configuration: multi.Configuration, node: number): MultiRole;
  /** Sees what a learner takes and gives, between it and its driver. */
  learner(learner: multi.Learner, configuration: multi.Configuration, node: number): MultiRole;
  /** What a role must find on its disk before it may take part. */
  memory(life: Life, logFolder: string): void;
  log(folder: string, files: FileLayer): Log;
  snapshots(folder: string, files: FileLayer): SnapshotStore;
  replica(options: ReplicaOptions): Replica;
  replication(options: MultiReplicationOptions): Backing<multi.Message, multi.Entry, multi.Delivery>;
  /** Sees what a session of a client takes and gives. */
  session(options: SessionOptions): Session;
  /** The address of a client that went away and comes back. */
  comesBack(surroundings: PersonSurroundings<ServiceMessage>): Address;
}

const realParts: MultiParts = {
  configuration: (configuration) => configuration,
  proposer: (configuration, node, random) => new multi.Proposer(configuration, node, random),
  acceptor: (configuration, node) => new multi.Acceptor(configuration, node),
  learner: (learner) => learner,
  memory: requireMemory,
  log: (folder, files) => new FileLog(folder, files),
  snapshots: (folder, files) => new FileSnapshots(folder, files),
  replica: (options) => new Replica(options),
  replication: (options) => new Replication(options),
  session: (options) => new Session(options),
  comesBack: ({ move }) => move(),
};

/** How many nodes may join in a run whose members change. */
const mostLater = 6;

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
  /** Nodes that may join, where the members change. */
  const laterNodes = membersChange ? Array.from({ length: mostLater }, (_, index) => nodes.length + index + 1) : [];
  const allNodes = [...nodes, ...laterNodes];
  const seenWorkload = checkers.watchedWorkload(workload);
  /** By node: the slot of the newest snapshot that its disk would keep. */
  const surviving = new Map<number, () => number>();
  const replicas = new Map<number, Replica>();
  const snapshotPartBytes = drawPartBytes(randomness.stream("parts"));
  const snapshotBytes = randomness.pick([200, 2000, 20_000]);
  /** The learner itself, of one that may stand behind something else. */
  const learners = new Map<number, multi.Learner>();
  const crowd = drawCrowd(randomness.stream("crowd"));
  let unique = 0;
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: nodes.length - Math.max(quorums.phase1, quorums.phase2),
    ...(membersChange ? {} : { leaderNodes: quorums.phase2 }),
    progressTicks: 3000,
    stability: { ticks: 300, mostChanges: 2, leaderChanges: () => reached.get("leader-changes") },
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new MultiWatcher({
      checkers,
      limits: sound.limits,
      reached,
      survivingSnapshot: (node) => surviving.get(node)?.() ?? 0,
    }),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return parts.proposer(configuration, node, random);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner": {
          const learner = new multi.Learner(configuration, node);
          learners.set(node, learner);
          return parts.learner(learner, configuration, node);
        }
        default:
          return noSuchRole(role);
      }
    },
    backing(role, life) {
      const node = nodeOf(life.address);
      if (roleOf(life.address) === "proposer") return () => leavingBacking(life.leaves);
      const learner = learners.get(node);
      if (roleOf(life.address) !== "learner" || learner === undefined) return undefined;
      surviving.set(node, () => survivingSnapshot(`${life.folder}/snapshots`, life.survivors()));
      return (front) => {
        const watched = checkers.watched(machine(), node);
        const replica = parts.replica({ machine: watched.machine, node });
        watched.watch(replica);
        replicas.set(node, replica);
        return parts.replication({
          ...front,
          learner,
          replica,
          snapshots: parts.snapshots(`${life.folder}/snapshots`, life.files),
          later: life.later,
          refused: () => reached.count("refused-snapshots"),
          snapshotBytes,
          snapshotPartBytes,
          memberships: multi.firstMemberships(configuration),
        });
      };
    },
    openLog(life) {
      const folder = `${life.folder}/log`;
      parts.memory(life, folder);
      return parts.log(folder, life.files);
    },
    newPerson: (surroundings) =>
      new SessionPerson({
        surroundings,
        access: membersChange ? accessOf(() => checkers.consensus.members.members) : leaderAccess(nodes),
        workload: seenWorkload,
        nextUnique: () => (unique += 1),
        newSession: parts.session,
        comesBack: parts.comesBack,
        thinkMicroseconds: crowd.thinkMicroseconds,
      }),
    laterNodes,
    ...(membersChange
      ? {
          newAdministrator: (surroundings: AdministratorSurroundings<multi.Message>) =>
            new Administrator<multi.Message>({
              surroundings,
              laterNodes,
              members: () => checkers.consensus.members,
              isSettled: () => checkers.consensus.isSettled,
              mayBeLost: (membership) => mayBeLost(membership.quorums),
              asked: (change) => checkers.asked.asksChange(change),
              count: (name) => reached.count(name),
            }),
        }
      : {}),
    unsettled(isUp) {
      const { members, highest } = checkers.consensus.members;
      const left = allNodes.find(
        (node) => node <= highest && !members.includes(node) && isUp(addressOf("proposer", node)),
      );
      if (left !== undefined) return `node ${left} is no member, and goes on`;
      const up = members.filter((node) => isUp(addressOf("learner", node))).flatMap((node) => replicas.get(node) ?? []);
      const slots = up.map(({ appliedSlot }) => appliedSlot);
      if (new Set(slots).size > 1) return `the replicas have applied up to slots ${slots.join(", ")}`;
      return undefined;
    },
    finalCheck: () => checkers.finish(),
  };
}

/** Of the nodes that are members now. */
function accessOf(members: () => readonly number[]): Access {
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
  // Hasty elections make leaders compete, late retries leave gaps to the next one; the last are the times of nodes.
  const times = randomness.pick([
    { heartbeatTicks: 2, electionTicks: 6, retryTicks: 40, catchUpTicks: 2 },
    { heartbeatTicks: 2, electionTicks: 5, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 10, retryTicks: 5, catchUpTicks: 2 },
    timing,
  ]);
  const limits = drawLimits(randomness.stream("limits"), workload === undefined);
  return multi.configurationOf(count, {
    identities: membersChange ? count + mostLater : count,
    alphaSlots: limits.windowSlots + randomness.stream("alpha").pick([0, 0, 1, 5]),
    quorums: drawQuorums(randomness, count),
    learning: randomness.pick(["distinguished", "every"]),
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
