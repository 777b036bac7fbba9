/**
 * Fast Byzantine Paxos in the world: the replicated state machine, with its sessions, snapshots and clients.
 */
import { addressOf, fastByzantine, nodeOf, noSuchRole, roleOf, timing, type RoleMachine } from "@synod/protocol";
import { Session } from "@synod/client";
import { Replication } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { FileLog, FileSnapshots } from "@synod/storage";
import { LearnedLogsChecker } from "../check/learned-logs.ts";
import { SlotVotesChecker } from "../check/slot-votes.ts";
import { quickDigest } from "../world/digest.ts";
import { requireMemory } from "../world/memory.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd } from "./crowd.ts";
import { FastByzantineWatcher } from "./fast-byzantine-watcher.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLimits, drawPartBytes } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { SessionPerson } from "./session-person.ts";
import { survivingSnapshot } from "./surviving-snapshot.ts";

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
  /** Sees what a learner takes and gives, between it and its driver. */
  learner(learner: fastByzantine.Learner, configuration: fastByzantine.Configuration, node: number): FastByzantineRole;
}

const realParts: FastByzantineParts = {
  configuration: (configuration) => configuration,
  proposer: (configuration, node) => new fastByzantine.Proposer(configuration, node, quickDigest),
  acceptor: (configuration, node) => new fastByzantine.Acceptor(configuration, node, quickDigest),
  learner: (learner) => learner,
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
    seals: fastByzantine.seals,
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
  const liars = 0;
  const checkers = new ReplicaCheckers({
    newConsensus: (to, values) =>
      new SlotVotesChecker({ enough: quorums.learn - liars, digest: quickDigest, values, report: to }),
    mayBeLost: quorums.fastFaults - liars,
    logBytes: limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  /** By node: the slot of the newest snapshot that its disk would keep. */
  const surviving = new Map<number, () => number>();
  const replicas = new Map<number, Replica>();
  const snapshotPartBytes = drawPartBytes(randomness.stream("parts"));
  const snapshotSlots = randomness.pick([3, 10, 40]);
  /** The learner itself, of one that may stand behind something else. */
  const learners = new Map<number, fastByzantine.Learner>();
  const crowd = drawCrowd(randomness.stream("crowd"));
  let unique = 0;
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: quorums.fastFaults - liars,
    progressTicks: 3000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new FastByzantineWatcher({
      checkers,
      logs: new LearnedLogsChecker(report),
      quorums,
      isHonest: () => true,
      liars,
      reached,
      survivingSnapshot: (node) => surviving.get(node)?.() ?? 0,
    }),
    newRole(role, node) {
      switch (role) {
        case "proposer":
          return parts.proposer(configuration, node);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner": {
          const learner = new fastByzantine.Learner(configuration, node, quickDigest);
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
        return new Replication<fastByzantine.Message, fastByzantine.Entry>({
          ...front,
          learner,
          replica,
          snapshots: new FileSnapshots(`${life.folder}/snapshots`, life.files),
          later: life.later,
          refused: () => reached.count("refused-snapshots"),
          snapshotBytes: 0,
          snapshotSlots,
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
        access: fastByzantine.accessOf(sound),
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
