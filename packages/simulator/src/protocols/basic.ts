/**
 * Single-decree Paxos in the world: one value is chosen, however many are proposed.
 */
import {
  addressOf,
  showAddress,
  basic,
  flexible,
  majority,
  noSuchRole,
  roleOf,
  type Address,
  type RoleMachine,
} from "@synod/protocol";
import type { QuorumSystem } from "@synod/protocol";
import { AskedValues } from "../check/asked.ts";
import { ConsensusChecker } from "../check/consensus.ts";
import { personAddress, type Cast, type Setting, type SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { BasicPerson, decreeModel } from "./basic-person.ts";
import { BasicWatcher } from "./basic-watcher.ts";
import { openRoleLog, realLogParts, type RoleLogParts } from "./role-log.ts";

type BasicCast = Cast<basic.Message, basic.Entry, basic.Delivery>;
export type BasicProtocol = SimulatedProtocol<basic.Message, basic.Entry, basic.Delivery>;
export type BasicRole = RoleMachine<basic.Message, basic.Entry, basic.Delivery>;

/** What a run of single-decree Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface BasicParts extends RoleLogParts {
  quorums(quorums: QuorumSystem): QuorumSystem;
  proposer(options: basic.ProposerOptions): BasicRole;
  acceptor(options: basic.AcceptorOptions): BasicRole;
  learner(options: basic.LearnerOptions): BasicRole;
}

const realParts: BasicParts = {
  ...realLogParts,
  quorums: (quorums) => quorums,
  proposer: (options) => new basic.Proposer(options),
  acceptor: (options) => new basic.Acceptor(options),
  learner: (options) => new basic.Learner(options),
};

const roles = ["proposer", "acceptor", "learner"] as const;
const retryTicks = 10;

/** @param replaced parts that are not the real ones */
export function newBasicProtocol(replaced: Partial<BasicParts> = {}): BasicProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "basic",
    layout: basic.layout,
    asEntry: basic.asEntry,
    slotOf: () => 0,
    seconds: [0.2, 2],
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf({ randomness, nodes: given, report, reached }: Setting, parts: BasicParts): BasicCast {
  const count = given ?? randomness.pick([3, 3, 5, 1, 2, 4]);
  const nodes = Array.from({ length: count }, (_, index) => index + 1);
  const sound = drawQuorums(randomness, count);
  const quorums = parts.quorums(sound);
  const asked = new AskedValues();
  const consensus = new ConsensusChecker(sound, report, asked);
  const people = randomness.integer(2, 5);
  const learners = nodes.map((node) => addressOf("learner", node));
  const learning = drawLearning(randomness, learners);
  // All but one proposer pass requests on, to one that then must not be lost.
  const distinguished = randomness.chance(0.2) ? randomness.pick(nodes) : undefined;
  const clients = Array.from({ length: people }, (_, index) => personAddress(index));
  const watcher = new BasicWatcher(consensus, asked, reached);
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: distinguished === undefined ? count - Math.max(sound.phase1, sound.phase2) : 0,
    progressTicks: 3000,
    people,
    segmentBytes: randomness.pick([64, 512, 65_536]),
    model: decreeModel,
    watcher,
    newRole(role, node, { random, address }) {
      switch (role) {
        case "proposer":
          return parts.proposer({
            node,
            proposers: count,
            quorums,
            retryTicks,
            delay: basic.randomDelay(random, 4),
            ...(distinguished === undefined ? {} : { distinguished }),
          });
        case "acceptor":
          return parts.acceptor({ proposers: count, learners: basic.toldByAcceptors(learning, learners) });
        case "learner":
          return parts.learner({
            quorums,
            proposers: count,
            tells: basic.toldByLearner(learning, learners, address),
            clients,
            retryTicks,
          });
        default:
          return noSuchRole(role);
      }
    },
    // What a learner has learned it can learn again: nothing needs to be kept behind it.
    backing: (_role, { address }) =>
      roleOf(address) === "learner"
        ? () => ({ recover: () => 0, deliver: () => undefined, status: () => ({}), close: () => undefined })
        : undefined,
    openLog: (life) => openRoleLog(life, parts),
    newPerson: (surroundings) => new BasicPerson(surroundings, nodes),
    unsettled(isUp) {
      const behind = learners.filter((learner) => isUp(learner) && !watcher.hasLearned(learner));
      return behind.length === 0 ? undefined : `${behind.map(showAddress).join(", ")} has not learned what is chosen`;
    },
    finalCheck() {
      reached.count("ballots", consensus.ballots);
      reached.count("decrees", consensus.chosenThrough);
    },
  };
}

function drawLearning(randomness: Randomness, learners: readonly Address[]): basic.Learning {
  const way = randomness.pick(["every", "distinguished", "set"] as const);
  switch (way) {
    case "every":
      return { way };
    case "distinguished":
      return { way, learner: randomness.pick(learners) };
    case "set":
      return { way, learners: randomness.sample(learners, randomness.integer(1, learners.length)) };
  }
}

function drawQuorums(randomness: Randomness, count: number): QuorumSystem {
  if (count < 3 || randomness.chance(0.7)) return majority(count);
  const phase2 = randomness.integer(1, count);
  return flexible(count, randomness.integer(count - phase2 + 1, count), phase2);
}
