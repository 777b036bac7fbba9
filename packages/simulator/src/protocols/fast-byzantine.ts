/**
 * Fast Byzantine Paxos in the world: some nodes of a run lie, and nothing is expected of them; the others must agree, keep
 * what they said, and serve the clients.
 */
import { fastByzantine, noSuchRole, timing } from "@synod/protocol";
import type { Access, RoleMachine, Seals } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { LearnedLogsChecker } from "../check/learned-logs.ts";
import { SlotVotesChecker } from "../check/slot-votes.ts";
import { quickDigest } from "../world/digest.ts";
import { requireEveryMemory } from "../world/memory.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { fastByzantineTongue } from "./fast-byzantine-tongue.ts";
import { FastByzantineWatcher } from "./fast-byzantine-watcher.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLiars, Liars } from "./liars.ts";
import { drawLimits } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { drawPaceBySlots, Replicas } from "./replicas.ts";
import { openRoleLog, realLogParts } from "./role-log.ts";

type FastByzantineCast = Cast<fastByzantine.Message, fastByzantine.Entry, fastByzantine.Delivery>;
export type FastByzantineProtocol = SimulatedProtocol<
  fastByzantine.Message,
  fastByzantine.Entry,
  fastByzantine.Delivery
>;
export type FastByzantineRole = RoleMachine<fastByzantine.Message, fastByzantine.Entry, fastByzantine.Delivery>;

/** What a run of Fast Byzantine Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface FastByzantineParts {
  configuration(configuration: fastByzantine.Configuration): fastByzantine.Configuration;
  proposer(configuration: fastByzantine.Configuration, node: number): FastByzantineRole;
  acceptor(configuration: fastByzantine.Configuration, node: number): FastByzantineRole;
  learner(configuration: fastByzantine.Configuration, node: number): fastByzantine.Learner;
  readonly seals: Seals<fastByzantine.Message>;
  /** How many lie, of those that were drawn or asked for. */
  liars(count: number): number;
  /** How clients use it. */
  access(access: Access): Access;
}

const realParts: FastByzantineParts = {
  configuration: (configuration) => configuration,
  proposer: (configuration, node) => new fastByzantine.Proposer(configuration, node, quickDigest),
  acceptor: (configuration, node) => new fastByzantine.Acceptor(configuration, node, quickDigest),
  learner: (configuration, node) => new fastByzantine.Learner(configuration, node, quickDigest),
  seals: fastByzantine.seals,
  liars: (count) => count,
  access: (access) => access,
};

const roles = ["proposer", "acceptor", "learner"] as const;

/** @param replaced parts that are not the real ones */
export function newFastByzantineProtocol(replaced: Partial<FastByzantineParts> = {}): FastByzantineProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "fast-byzantine",
    layout: fastByzantine.layout,
    asEntry: fastByzantine.asEntry,
    slotOf: fastByzantine.slotOf,
    seals: parts.seals,
    seconds: [0.3, 1],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: FastByzantineParts): FastByzantineCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const sound = drawConfiguration(randomness, setting.nodes, setting.workload === undefined);
  const configuration = parts.configuration(sound);
  const { nodes, quorums, limits } = sound;
  const liars = new Liars({
    nodes: drawLiars(randomness.stream("liars"), { nodes, faults: quorums.faults }, setting.liars, parts.liars),
    layout: fastByzantine.layout,
    tongue: fastByzantineTongue,
  });
  const checkers = new ReplicaCheckers({
    newConsensus: (to, values) =>
      new SlotVotesChecker({ enough: quorums.learn - liars.nodes.length, digest: quickDigest, values, report: to }),
    mayBeLost: quorums.faults,
    logBytes: limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  const replicas = new Replicas<fastByzantine.Message, fastByzantine.Entry>({
    newReplica: (node) => {
      const options = { machine: machine(), node };
      return liars.isHonest(node) ? checkers.watchedReplica(options) : new Replica(options);
    },
    replication: (options, life) => new Replication({ ...options, send: liars.sends(options.send, life) }),
    pace: drawPaceBySlots(randomness, [3, 10, 40]),
    reached,
  });
  const crowd = drawCrowd(randomness.stream("crowd"));
  return {
    nodes,
    liars: liars.nodes,
    rolesOf: () => roles,
    spareNodes: Math.max(0, quorums.fastFaults - liars.nodes.length),
    progressTicks: 6000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new FastByzantineWatcher({
      checkers,
      logs: new LearnedLogsChecker(report),
      quorums,
      isHonest: liars.isHonest,
      liars: liars.nodes.length,
      reached,
      survivingSnapshot: replicas.survivingSnapshot,
    }),
    newRole(role, node, life) {
      switch (role) {
        case "proposer":
          return liars.plays(parts.proposer(configuration, node), life);
        case "acceptor":
          return liars.plays(parts.acceptor(configuration, node), life);
        case "learner":
          return liars.plays(replicas.learns(node, parts.learner(configuration, node)), life);
        default:
          return noSuchRole(role);
      }
    },
    backing: replicas.backing,
    openLog: (life) => openRoleLog(life, { ...realLogParts, memory: requireEveryMemory }),
    newPerson: newSessionCrowd({
      access: () => parts.access(fastByzantine.accessOf(sound)),
      workload: seenWorkload,
      thinkMicroseconds: crowd.thinkMicroseconds,
    }),
    unsettled: (isUp) => replicas.unsettled(nodes.filter(liars.isHonest), isUp),
    finalCheck: () => checkers.finish(),
  };
}

/** @param ownWorkload whether clients ask for what is known to be small */
function drawConfiguration(
  randomness: Randomness,
  given: number | undefined,
  ownWorkload: boolean,
): fastByzantine.Configuration {
  const count = given ?? randomness.pick([6, 6, 6, 6, 6, 7, 8]);
  // Hasty suspicions make leaders change, late retries leave gaps to the next one; the last are the times of nodes.
  const times = randomness.pick([
    { heartbeatTicks: 3, electionTicks: 6, retryTicks: 20, catchUpTicks: 2 },
    { heartbeatTicks: 2, electionTicks: 8, retryTicks: 4, catchUpTicks: 2 },
    { heartbeatTicks: 5, electionTicks: 12, retryTicks: 6, catchUpTicks: 3 },
    timing,
  ]);
  return fastByzantine.configurationOf(count, {
    timing: times,
    limits: drawLimits(randomness.stream("limits"), ownWorkload),
  });
}
