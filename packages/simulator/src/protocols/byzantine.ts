/**
 * Byzantine Paxos in the world: some nodes of a run lie, and nothing is expected of them; the others must agree, keep what
 * they said, and serve the clients.
 */
import { byzantine, noSuchRole } from "@synod/protocol";
import type { Access, Address, RoleMachine, Seals, ServiceMessage } from "@synod/protocol";
import { Session, type SessionOptions } from "@synod/client";
import { Replication, type Backing, type ReplicationOptions } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { HonestChecker } from "../check/honest.ts";
import { quickDigest } from "../world/digest.ts";
import type { Cast, PersonSurroundings, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { byzantineTongue } from "./byzantine-tongue.ts";
import { ByzantineWatcher } from "./byzantine-watcher.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { keyValueWorkload } from "./key-value.ts";
import { drawLiars, Liars } from "./liars.ts";
import { drawLimits } from "./multi-limits.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";
import { drawPaceBySlots, Replicas } from "./replicas.ts";
import { openRoleLog } from "./role-log.ts";

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
  const liars = new Liars({
    nodes: drawLiars(randomness.stream("liars"), { nodes, faults: quorums.faults }, setting.liars, parts.liars),
    layout: byzantine.layout,
    tongue: byzantineTongue,
  });
  const checkers = new ReplicaCheckers<HonestChecker>({
    newConsensus: (to, asked) => new HonestChecker(quorums.quorum - liars.nodes.length, to, asked),
    mayBeLost: quorums.faults,
    logBytes: sound.limits.logBytes,
    report,
    reached,
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  const replicas = new Replicas<byzantine.Message, byzantine.Entry>({
    newReplica: (node) => {
      const options = { machine: machine(), node };
      return liars.isHonest(node) ? checkers.watchedReplica(options) : new Replica(options);
    },
    replication: (options, life) => parts.replication({ ...options, send: liars.sends(options.send, life) }),
    pace: drawPaceBySlots(randomness, [8, 32]),
    reached,
  });
  const crowd = drawCrowd(randomness.stream("crowd"));
  return {
    nodes,
    liars: liars.nodes,
    rolesOf: () => roles,
    spareNodes: Math.max(0, quorums.faults - liars.nodes.length),
    progressTicks: 8000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new ByzantineWatcher({
      checkers,
      liars: liars.nodes,
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
    openLog: (life) => openRoleLog(life),
    newPerson: newSessionCrowd({
      access: () => parts.access(byzantine.accessOf(sound)),
      workload: seenWorkload,
      newSession: parts.session,
      comesBack: parts.comesBack,
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
