/**
 * Fast Paxos in the world: the replicated state machine, whose clients send their requests to the acceptors.
 */
import { addressOf, fast, isPhase2Quorum, nodeOf, noSuchRole, roleOf, timing, countAcceptors } from "@synod/protocol";
import type { Random, RoleMachine } from "@synod/protocol";
import { Session } from "@synod/client";
import { Replication } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { FileLog, FileSnapshots } from "@synod/storage";
import type { BallotRules } from "../check/ballot-rules.ts";
import { ConsensusChecker } from "../check/consensus.ts";
import { requireMemory } from "../world/memory.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd } from "./crowd.ts";
import { FastWatcher } from "./fast-watcher.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLimits, drawPartBytes } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { SessionPerson } from "./session-person.ts";
import { survivingSnapshot } from "./surviving-snapshot.ts";

type FastCast = Cast<fast.Message, fast.Entry, fast.Delivery>;
export type FastProtocol = SimulatedProtocol<fast.Message, fast.Entry, fast.Delivery>;
export type FastRole = RoleMachine<fast.Message, fast.Entry, fast.Delivery>;

/** What a run of Fast Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface FastParts {
  configuration(configuration: fast.Configuration): fast.Configuration;
  proposer(configuration: fast.Configuration, node: number, random: Random): FastRole;
  acceptor(configuration: fast.Configuration, node: number): FastRole;
  /** Sees what a learner takes and gives, between it and its driver. */
  learner(learner: fast.Learner, configuration: fast.Configuration, node: number): FastRole;
}

const realParts: FastParts = {
  configuration: (configuration) => configuration,
  proposer: (configuration, node, random) => new fast.Proposer(configuration, node, random),
  acceptor: (configuration, node) => new fast.Acceptor(configuration, node),
  learner: (learner) => learner,
};

const leastWindowSlots = 4;

const roles = ["proposer", "acceptor", "learner"] as const;

/** @param replaced parts that are not the real ones */
export function newFastProtocol(replaced: Partial<FastParts> = {}): FastProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "fast",
    layout: fast.layout,
    asEntry: fast.asEntry,
    slotOf: fast.slotOf,
    seconds: [1, 2],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

/** A fast ballot has more than one value, and takes a fast quorum. */
export function fastBallots(quorums: fast.FastQuorums): BallotRules {
  return {
    hasFast: true,
    isChosenBy: (ballot, voters) =>
      fast.isFast(ballot) ? countAcceptors(voters) >= quorums.fast : isPhase2Quorum(quorums, voters),
    isFast: fast.isFast,
    isPickedByAcceptors: (ballot) => fast.recoversItself(ballot - 1),
    ownerOf: (ballot) => fast.ownerOf(ballot, quorums.acceptors),
    promiseOf: fast.lowestOfTerm,
  };
}

function castOf(setting: Setting, parts: FastParts): FastCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const sound = drawConfiguration(randomness, setting.nodes, setting.workload === undefined);
  const configuration = parts.configuration(sound);
  const { nodes, quorums, limits } = sound;
  const spareNodes = nodes.length - Math.max(quorums.phase1, quorums.phase2);
  const checkers = new ReplicaCheckers({
    newConsensus: (to, asked) => new ConsensusChecker(quorums, to, asked, fastBallots(quorums)),
    mayBeLost: spareNodes,
    logBytes: limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  /** By node: the slot of the newest snapshot that its disk would keep. */
  const surviving = new Map<number, () => number>();
  const replicas = new Map<number, Replica>();
  const learners = new Map<number, fast.Learner>();
  const snapshotPartBytes = drawPartBytes(randomness.stream("parts"));
  const snapshotBytes = randomness.pick([200, 2000, 20_000]);
  const crowd = drawCrowd(randomness.stream("crowd"));
  let unique = 0;
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes,
    leaderNodes: quorums.phase2,
    progressTicks: 3000,
    stability: { ticks: 300, mostChanges: 2, leaderChanges: () => reached.get("leader-changes") },
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new FastWatcher({ checkers, reached, survivingSnapshot: (node) => surviving.get(node)?.() ?? 0 }),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return parts.proposer(configuration, node, random);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner": {
          const learner = new fast.Learner(configuration, node);
          learners.set(node, learner);
          return parts.learner(learner, configuration, node);
        }
        default:
          return noSuchRole(role);
      }
    },
    backing(_role, life) {
      const node = nodeOf(life.address);
      const learner = learners.get(node);
      if (roleOf(life.address) !== "learner" || learner === undefined) return undefined;
      surviving.set(node, () => survivingSnapshot(`${life.folder}/snapshots`, life.survivors()));
      return (front) => {
        const watched = checkers.watched(machine(), node);
        const replica = new Replica({ machine: watched.machine, node });
        watched.watch(replica);
        replicas.set(node, replica);
        return new Replication({
          ...front,
          learner,
          replica,
          snapshots: new FileSnapshots(`${life.folder}/snapshots`, life.files),
          later: life.later,
          refused: () => reached.count("refused-snapshots"),
          snapshotBytes,
          snapshotPartBytes,
        });
      };
    },
    openLog(life) {
      const folder = `${life.folder}/log`;
      requireMemory(life, folder);
      return new FileLog(folder, life.files);
    },
    newPerson: (surroundings) =>
      new SessionPerson({
        surroundings,
        access: fast.accessOf(configuration),
        workload: seenWorkload,
        nextUnique: () => (unique += 1),
        newSession: (options) => new Session(options),
        comesBack: ({ move }) => move(),
        thinkMicroseconds: crowd.thinkMicroseconds,
      }),
    unsettled(isUp) {
      const up = nodes.filter((node) => isUp(addressOf("learner", node))).flatMap((node) => replicas.get(node) ?? []);
      const slots = up.map(({ appliedSlot }) => appliedSlot);
      if (new Set(slots).size > 1) return `the replicas have applied up to slots ${slots.join(", ")}`;
      return undefined;
    },
    finalCheck: () => checkers.finish(),
  };
}

/** @param ownWorkload whether clients ask for what is known to be small */
function drawConfiguration(
  randomness: Randomness,
  given: number | undefined,
  ownWorkload: boolean,
): fast.Configuration {
  const count = given ?? randomness.pick([4, 4, 4, 4, 5, 5, 3, 1]);
  const times = randomness.pick([
    { heartbeatTicks: 2, electionTicks: 6, retryTicks: 40, catchUpTicks: 2 },
    { heartbeatTicks: 2, electionTicks: 5, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 10, retryTicks: 5, catchUpTicks: 2 },
    timing,
  ]);
  return fast.configurationOf(count, {
    quorums: drawQuorums(randomness, count),
    recovery: randomness.pick(["coordinated", "uncoordinated"]),
    // In a short run it should change its mind more than once.
    fallBack: randomness.pick([
      fast.fallBack,
      { windowSlots: 8, mostCollisions: 2, classicTicks: 40 },
      { windowSlots: 4, mostCollisions: 4, classicTicks: 100 },
    ]),
    timing: times,
    limits: roomy(drawLimits(randomness.stream("limits"), ownWorkload)),
  });
}

/** Where acceptors may take one slot at a time, clients do nothing but collide. */
function roomy(drawn: fast.Bounds): fast.Bounds {
  const windowSlots = Math.max(drawn.windowSlots, leastWindowSlots);
  return { ...drawn, windowSlots, learnerSlots: Math.max(drawn.learnerSlots, windowSlots) };
}

/** Any sizes that the rule allows. */
function drawQuorums(randomness: Randomness, count: number): fast.FastQuorums {
  if (count < 3 || randomness.chance(0.6)) return fast.fastMajority(count);
  const phase1 = randomness.integer(2, count - 1);
  const phase2 = count - phase1 + 1;
  const least = Math.floor((2 * count - phase1) / 2) + 1;
  return fast.fastQuorums(count, phase1, randomness.integer(phase2, count), randomness.integer(least, count));
}
