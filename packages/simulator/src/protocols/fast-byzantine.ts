/**
 * Fast Byzantine Paxos in the world: some nodes of a run lie, and nothing is expected of them; the others must agree, keep
 * what they said, and serve the clients.
 */
import { addressOf, fastByzantine, nodeOf, noSuchRole, roleOf, timing } from "@synod/protocol";
import type { Access, RoleMachine, Seals } from "@synod/protocol";
import { Session } from "@synod/client";
import { Replication } from "@synod/driver";
import { newKeyValueMachine, Replica, type StateMachine } from "@synod/machines";
import { FileLog, FileSnapshots } from "@synod/storage";
import { LearnedLogsChecker } from "../check/learned-logs.ts";
import { SlotVotesChecker } from "../check/slot-votes.ts";
import { quickDigest } from "../world/digest.ts";
import { Liar } from "../world/lies.ts";
import { LyingRole } from "../world/lying-role.ts";
import { requireMemory } from "../world/memory.ts";
import type { Cast, Life, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { drawCrowd } from "./crowd.ts";
import { fastByzantineTongue } from "./fast-byzantine-tongue.ts";
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
  const liars = drawLiars(randomness.stream("liars"), sound, setting.liars, parts.liars);
  const isHonest = (node: number): boolean => !liars.includes(node);
  const checkers = new ReplicaCheckers({
    newConsensus: (to, values) =>
      new SlotVotesChecker({ enough: quorums.learn - liars.length, digest: quickDigest, values, report: to }),
    mayBeLost: quorums.faults,
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
  /** By node: its learner, which may lie besides. */
  const learners = new Map<number, fastByzantine.Learner>();
  const crowd = drawCrowd(randomness.stream("crowd"));
  const newLiar = (node: number, { random, lies, lied }: Life): Liar<fastByzantine.Message> =>
    new Liar({ node, liars, random, lies, lied, layout: fastByzantine.layout, tongue: fastByzantineTongue });
  const newHonestRole = (role: string, node: number): FastByzantineRole => {
    switch (role) {
      case "proposer":
        return parts.proposer(configuration, node);
      case "acceptor":
        return parts.acceptor(configuration, node);
      default: {
        const learner = parts.learner(configuration, node);
        learners.set(node, learner);
        return learner;
      }
    }
  };
  const newReplica = (node: number, newMachine: () => StateMachine): Replica => {
    if (!isHonest(node)) return new Replica({ machine: newMachine(), node });
    const watched = checkers.watched(newMachine(), node);
    const replica = new Replica({ machine: watched.machine, node });
    watched.watch(replica);
    return replica;
  };
  let unique = 0;
  return {
    nodes,
    liars,
    rolesOf: () => roles,
    spareNodes: Math.max(0, quorums.fastFaults - liars.length),
    progressTicks: 6000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new FastByzantineWatcher({
      checkers,
      logs: new LearnedLogsChecker(report),
      quorums,
      isHonest,
      liars: liars.length,
      reached,
      survivingSnapshot: (node) => surviving.get(node)?.() ?? 0,
    }),
    newRole(role, node, life) {
      if (!roles.some((each) => each === role)) return noSuchRole(role);
      const real = newHonestRole(role, node);
      return isHonest(node) ? real : new LyingRole(real, newLiar(node, life));
    },
    backing(_role, life) {
      const node = nodeOf(life.address);
      const learner = learners.get(node);
      if (roleOf(life.address) !== "learner" || learner === undefined) return undefined;
      surviving.set(node, () => survivingSnapshot(`${life.folder}/snapshots`, life.survivors()));
      return (front) => {
        const replica = newReplica(node, machine);
        replicas.set(node, replica);
        const liar = newLiar(node, life);
        return new Replication<fastByzantine.Message, fastByzantine.Entry>({
          ...front,
          send: (to, message) => {
            if (isHonest(node)) front.send(to, message);
            else for (const said of liar.say([{ to, message }])) front.send(said.to, said.message);
          },
          learner,
          replica,
          snapshots: new FileSnapshots(`${life.folder}/snapshots`, life.files),
          later: life.later,
          refused: () => reached.count("refused-snapshots"),
          snapshotBytes: Infinity,
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
        access: parts.access(fastByzantine.accessOf(sound)),
        workload: seenWorkload,
        nextUnique: () => (unique += 1),
        newSession: (options) => new Session(options),
        comesBack: ({ move }) => move(),
        thinkMicroseconds: crowd.thinkMicroseconds,
      }),
    unsettled(isUp) {
      const up = nodes.filter((node) => isHonest(node) && isUp(addressOf("learner", node)));
      const slots = up.flatMap((node) => replicas.get(node) ?? []).map(({ appliedSlot }) => appliedSlot);
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

/** In most runs as many lie as may. */
function drawLiars(
  randomness: Randomness,
  { nodes, quorums }: fastByzantine.Configuration,
  given: number | undefined,
  changed: (count: number) => number,
): readonly number[] {
  const count = given ?? (randomness.chance(0.8) ? quorums.faults : randomness.integer(0, quorums.faults));
  return randomness.sample(nodes, Math.min(changed(count), nodes.length));
}
