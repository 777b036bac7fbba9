/**
 * Generalized Paxos in the world: the replicated state machine, with its sessions, snapshots and clients.
 */
import { generalized, noSuchRole } from "@synod/protocol";
import type { QuorumSystem, Random, RoleMachine } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { newInterference, newKeyValueMachine, Replica } from "@synod/machines";
import { HistoriesChecker } from "../check/histories.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { drawHistoryLimits } from "./generalized-limits.ts";
import { GeneralizedWatcher } from "./generalized-watcher.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLeaderTimes } from "./leader-times.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { drawPaceByBytes, Replicas } from "./replicas.ts";
import { openRoleLog } from "./role-log.ts";

export type GeneralizedRole = RoleMachine<generalized.Message, generalized.Entry, generalized.Delivery>;
export type GeneralizedProtocol = SimulatedProtocol<generalized.Message, generalized.Entry, generalized.Delivery>;
type GeneralizedCast = Cast<generalized.Message, generalized.Entry, generalized.Delivery>;

/** What a run of Generalized Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface GeneralizedParts {
  configuration(configuration: generalized.Configuration): generalized.Configuration;
  /** Which commands the roles take to interfere. */
  interference(interference: generalized.Interference): generalized.Interference;
  proposer(
    configuration: generalized.Configuration,
    interference: generalized.Interference,
    node: number,
    random: Random,
  ): GeneralizedRole;
  acceptor(configuration: generalized.Configuration, node: number): GeneralizedRole;
  /** Sees what a learner takes and gives, between it and its driver. */
  learner(learner: generalized.Learner, configuration: generalized.Configuration, node: number): GeneralizedRole;
  replica(options: ConstructorParameters<typeof Replica>[0]): Replica;
}

const realParts: GeneralizedParts = {
  configuration: (configuration) => configuration,
  interference: (interference) => interference,
  proposer: (configuration, interference, node, random) =>
    new generalized.Proposer(configuration, interference, node, random),
  acceptor: (configuration, node) => new generalized.Acceptor(configuration, node),
  learner: (learner) => learner,
  replica: (options) => new Replica(options),
};

const roles = ["proposer", "acceptor", "learner"] as const;

/** @param replaced parts that are not the real ones */
export function newGeneralizedProtocol(replaced: Partial<GeneralizedParts> = {}): GeneralizedProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "generalized",
    layout: generalized.layout,
    asEntry: generalized.asEntry,
    slotOf: generalized.slotOf,
    seconds: [1, 4],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: GeneralizedParts): GeneralizedCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const sound = drawConfiguration(randomness, setting.nodes, setting.workload === undefined);
  const configuration = parts.configuration(sound);
  const { nodes, quorums } = sound;
  const mayBeLost = nodes.length - Math.max(quorums.phase1, quorums.phase2);
  const interference = newInterference(machine());
  const toldInterference = parts.interference(interference);
  const checkers = new ReplicaCheckers<HistoriesChecker>({
    newConsensus: (to, values) => new HistoriesChecker({ quorums, interference, report: to, values, reached }),
    unordered: (histories) => histories,
    mayBeLost,
    logBytes: sound.limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  const replicas = new Replicas<generalized.Message, generalized.Entry>({
    newReplica: (node) => checkers.watchedReplica({ machine: machine(), node, unordered: true }, parts.replica),
    replication: (options) => new Replication(options),
    pace: drawPaceByBytes(randomness),
    reached,
  });
  const crowd = drawCrowd(randomness.stream("crowd"));
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: mayBeLost,
    leaderNodes: Math.max(quorums.phase1, quorums.phase2),
    progressTicks: 3000,
    stability: { ticks: 300, mostChanges: 2, leaderChanges: () => reached.get("leader-changes") },
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new GeneralizedWatcher({
      checkers,
      nodes: nodes.length,
      reached,
      survivingSnapshot: replicas.survivingSnapshot,
    }),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return parts.proposer(configuration, toldInterference, node, random);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner":
          return parts.learner(
            replicas.learns(node, new generalized.Learner(configuration, toldInterference, node)),
            configuration,
            node,
          );
        default:
          return noSuchRole(role);
      }
    },
    backing: replicas.backing,
    openLog: (life) => openRoleLog(life),
    newPerson: newSessionCrowd({
      access: () => generalized.accessOf(nodes),
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
): generalized.Configuration {
  const count = given ?? randomness.pick([4, 4, 4, 4, 5, 7, 3, 2, 1]);
  const times = drawLeaderTimes(randomness);
  return generalized.configurationOf(count, {
    quorums: drawQuorums(randomness, count),
    // In a short run it should change its mind more than once.
    fallBack: randomness
      .stream("fall-back")
      .pick([
        generalized.fallBack,
        { windowCommands: 8, mostCollisions: 1, classicTicks: 40 },
        { windowCommands: 64, mostCollisions: 3, classicTicks: 100 },
      ]),
    timing: times,
    limits: drawHistoryLimits(randomness.stream("limits"), ownWorkload),
  });
}

/** Quorums of phase 2 as small as can be, or larger ones with smaller ones of phase 1. */
function drawQuorums(randomness: Randomness, count: number): QuorumSystem {
  const least = generalized.leastQuorums(count);
  if (randomness.chance(0.6)) return least;
  const phase2 = randomness.integer(Math.floor(count / 2) + 1, count);
  return generalized.fastQuorums(count, Math.max(1, 2 * count - 2 * phase2 + 1), phase2);
}
