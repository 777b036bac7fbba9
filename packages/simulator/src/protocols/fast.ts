/**
 * Fast Paxos in the world: the replicated state machine, whose clients send their requests to the acceptors.
 */
import { countAcceptors, fast, isPhase2Quorum, noSuchRole } from "@synod/protocol";
import type { Random, RoleMachine } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { newKeyValueMachine } from "@synod/machines";
import type { BallotRules } from "../check/ballot-rules.ts";
import { ConsensusChecker } from "../check/consensus.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { FastWatcher } from "./fast-watcher.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLeaderTimes } from "./leader-times.ts";
import { drawLimits } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { drawPaceByBytes, Replicas } from "./replicas.ts";
import { openRoleLog } from "./role-log.ts";

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
  const replicas = new Replicas<fast.Message, fast.Entry>({
    newReplica: (node) => checkers.watchedReplica({ machine: machine(), node }),
    replication: (options) => new Replication(options),
    pace: drawPaceByBytes(randomness),
    reached,
  });
  const crowd = drawCrowd(randomness.stream("crowd"));
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
    watcher: new FastWatcher({ checkers, reached, survivingSnapshot: replicas.survivingSnapshot }),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return parts.proposer(configuration, node, random);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner":
          return parts.learner(replicas.learns(node, new fast.Learner(configuration, node)), configuration, node);
        default:
          return noSuchRole(role);
      }
    },
    backing: replicas.backing,
    openLog: (life) => openRoleLog(life),
    newPerson: newSessionCrowd({
      access: () => fast.accessOf(configuration),
      workload: seenWorkload,
      thinkMicroseconds: crowd.thinkMicroseconds,
    }),
    unsettled: (isUp) => replicas.unsettled(nodes, isUp),
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
  const times = drawLeaderTimes(randomness);
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
