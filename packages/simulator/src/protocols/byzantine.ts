/**
 * Byzantine Paxos in the world: some nodes of a run lie, and nothing is expected of them; the others must agree, keep what
 * they said, and serve the clients.
 */
import { addressOf, byzantine, nodeOf, noSuchRole, roleOf } from "@synod/protocol";
import type { Access, Address, RoleMachine, Seals, ServiceMessage } from "@synod/protocol";
import { Session, type SessionOptions } from "@synod/client";
import { Replication, type Backing, type ReplicationOptions } from "@synod/driver";
import { newKeyValueMachine, Replica, type StateMachine } from "@synod/machines";
import { FileLog, FileSnapshots } from "@synod/storage";
import { HonestChecker } from "../check/honest.ts";
import { quickDigest } from "../world/digest.ts";
import { Liar } from "../world/lies.ts";
import { LyingRole } from "../world/lying-role.ts";
import { requireMemory } from "../world/memory.ts";
import type { Cast, Life, PersonSurroundings, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { byzantineTongue } from "./byzantine-tongue.ts";
import { ByzantineWatcher } from "./byzantine-watcher.ts";
import { drawCrowd } from "./crowd.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLimits, drawPartBytes } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { SessionPerson } from "./session-person.ts";
import { survivingSnapshot } from "./surviving-snapshot.ts";

type ByzantineCast = Cast<byzantine.Message, byzantine.Entry, byzantine.Delivery>;
export type ByzantineProtocol = SimulatedProtocol<byzantine.Message, byzantine.Entry, byzantine.Delivery>;
export type ByzantineRole = RoleMachine<byzantine.Message, byzantine.Entry, byzantine.Delivery>;
type ByzantineReplication = ReplicationOptions<byzantine.Message, byzantine.Entry>;

/** What a run of Byzantine Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface ByzantineParts {
  configuration(configuration: byzantine.Configuration): byzantine.Configuration;
  proposer(configuration: byzantine.Configuration, node: number): ByzantineRole;
  acceptor(configuration: byzantine.Configuration, node: number): ByzantineRole;
  learner(configuration: byzantine.Configuration, node: number): byzantine.Learner;
  readonly seals: Seals<byzantine.Message>;
  /** How many lie, of those that were drawn or asked for. */
  liars(count: number): number;
  replication(options: ByzantineReplication): Backing<byzantine.Message, byzantine.Entry, byzantine.Delivery>;
  /** How clients use it. */
  access(access: Access): Access;
  session(options: SessionOptions): Session;
  comesBack(surroundings: PersonSurroundings<ServiceMessage>): Address;
}

const realParts: ByzantineParts = {
  configuration: (configuration) => configuration,
  proposer: (configuration, node) => new byzantine.Proposer(configuration, node),
  acceptor: (configuration, node) => new byzantine.Acceptor(configuration, node),
  learner: (configuration, node) => new byzantine.Learner(configuration, node),
  seals: byzantine.newSeals(quickDigest),
  liars: (count) => count,
  replication: (options) => new Replication(options),
  access: (access) => access,
  session: (options) => new Session(options),
  comesBack: ({ move }) => move(),
};

const roles = ["proposer", "acceptor", "learner"] as const;

/** @param replaced parts that are not the real ones */
export function newByzantineProtocol(replaced: Partial<ByzantineParts> = {}): ByzantineProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "byzantine",
    layout: byzantine.layout,
    asEntry: byzantine.asEntry,
    slotOf: byzantine.slotOf,
    seals: parts.seals,
    seconds: [1, 2],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: ByzantineParts): ByzantineCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const sound = drawConfiguration(randomness, setting.nodes, setting.workload === undefined);
  const configuration = parts.configuration(sound);
  const { nodes, quorums } = sound;
  const liars = drawLiars(randomness.stream("liars"), sound, setting.liars, parts.liars);
  const isHonest = (node: number): boolean => !liars.includes(node);
  const checkers = new ReplicaCheckers<HonestChecker>({
    newConsensus: (to, asked) => new HonestChecker(quorums.quorum - liars.length, to, asked),
    mayBeLost: quorums.faults,
    logBytes: sound.limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  /** By node: the slot of the newest snapshot that its disk would keep. */
  const surviving = new Map<number, () => number>();
  const replicas = new Map<number, Replica>();
  const snapshotPartBytes = drawPartBytes(randomness.stream("parts"));
  const snapshotSlots = randomness.pick([8, 32]);
  /** By node: its learner, which may lie besides. */
  const learners = new Map<number, byzantine.Learner>();
  const crowd = drawCrowd(randomness.stream("crowd"));
  const newLiar = (node: number, { random, lies, lied }: Life): Liar<byzantine.Message> =>
    new Liar({ node, liars, random, lies, lied, layout: byzantine.layout, tongue: byzantineTongue });
  const newHonestRole = (role: string, node: number): ByzantineRole => {
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
  let unique = 0;
  return {
    nodes,
    liars,
    rolesOf: () => roles,
    spareNodes: Math.max(0, quorums.faults - liars.length),
    progressTicks: 8000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new ByzantineWatcher({
      checkers,
      liars,
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
        return parts.replication({
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
        access: parts.access(byzantine.accessOf(sound)),
        workload: seenWorkload,
        nextUnique: () => (unique += 1),
        newSession: parts.session,
        comesBack: parts.comesBack,
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

  function newReplica(node: number, newMachine: () => StateMachine): Replica {
    if (!isHonest(node)) return new Replica({ machine: newMachine(), node });
    const watched = checkers.watched(newMachine(), node);
    const replica = new Replica({ machine: watched.machine, node });
    watched.watch(replica);
    return replica;
  }
}

/** In most runs as many lie as may. */
function drawLiars(
  randomness: Randomness,
  { nodes, quorums }: byzantine.Configuration,
  given: number | undefined,
  changed: (count: number) => number,
): readonly number[] {
  const drawn = given ?? (randomness.chance(0.8) ? quorums.faults : randomness.integer(0, quorums.faults));
  return randomness.sample(nodes, Math.min(changed(drawn), nodes.length));
}

/** @param ownWorkload whether clients ask for what is known to be small */
function drawConfiguration(
  randomness: Randomness,
  given: number | undefined,
  ownWorkload: boolean,
): byzantine.Configuration {
  const count = given ?? randomness.pick([4, 4, 4, 4, 4, 5, 7]);
  const times = randomness.pick([
    { heartbeatTicks: 2, electionTicks: 10, retryTicks: 4, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 15, retryTicks: 8, catchUpTicks: 2 },
    { heartbeatTicks: 5, electionTicks: 30, retryTicks: 10, catchUpTicks: 2 },
  ]);
  const drawn = drawLimits(randomness.stream("limits"), ownWorkload);
  const windowSlots = Math.max(3, drawn.windowSlots);
  // A slot takes two syncs and a checkpoint: one command at a time would be slower than clients ask again.
  const bounds = {
    windowSlots,
    windowBytes: Math.max(300, drawn.windowBytes),
    batchBytes: Math.max(200, drawn.batchBytes),
    learnerSlots: Math.max(windowSlots, drawn.learnerSlots),
  };
  return byzantine.configurationOf(count, quickDigest, { timing: times, limits: { ...drawn, ...bounds } });
}
