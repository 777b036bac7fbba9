/**
 * The protocol in the world.
 */
import { addressOf, flexible, noSuchRole, roleOf, showAddress, type NodeRole, type RoleMachine } from "@synod/protocol";
import { FileLog } from "@synod/storage";
import { AskedValues } from "../../src/check/asked.ts";
import { ConsensusChecker } from "../../src/check/consensus.ts";
import { decreeModel } from "../../src/protocols/basic-person.ts";
import { requireMemory } from "../../src/world/memory.ts";
import type { Cast, Setting, SimulatedProtocol } from "../../src/world/protocol.ts";
import { Acceptor } from "./acceptor.ts";
import { Learner, type LearnerOptions } from "./learner.ts";
import { asEntry, layout, type Delivery, type Entry, type Message } from "./messages.ts";
import { UnanimousPerson } from "./person.ts";
import { Proposer } from "./proposer.ts";
import { UnanimousWatcher } from "./watcher.ts";

export type UnanimousRole = RoleMachine<Message, Entry, Delivery>;

/** What a run is made of, for an exhibit to replace. */
export interface UnanimousParts {
  /** How many nodes it claims to bear the loss of: none is the truth. */
  readonly spareNodes: number;
  learner(options: LearnerOptions): UnanimousRole;
}

const realParts: UnanimousParts = { spareNodes: 0, learner: (options) => new Learner(options) };
const retryTicks = 10;

export function newUnanimousProtocol(
  replaced: Partial<UnanimousParts> = {},
): SimulatedProtocol<Message, Entry, Delivery> {
  const parts = { ...realParts, ...replaced };
  return {
    name: "unanimous",
    layout,
    asEntry,
    slotOf: () => 0,
    seconds: [0.2, 2],
    cast: (setting) => castOf(setting, parts),
  };
}

/** Node 1 has the proposer. */
export function rolesOf(node: number): readonly NodeRole[] {
  return node === 1 ? ["proposer", "acceptor", "learner"] : ["acceptor", "learner"];
}

function castOf(setting: Setting, { spareNodes, learner }: UnanimousParts): Cast<Message, Entry, Delivery> {
  const { randomness, report, reached } = setting;
  const acceptors = setting.nodes ?? randomness.pick([3, 3, 2, 5]);
  const nodes = Array.from({ length: acceptors }, (_, index) => index + 1);
  const asked = new AskedValues();
  // One acceptor could tell a new ballot what may be chosen; all of them choose.
  const consensus = new ConsensusChecker(flexible(acceptors, 1, acceptors), report, asked);
  const watcher = new UnanimousWatcher({ consensus, asked, reached }, nodes);
  return {
    nodes,
    rolesOf,
    spareNodes,
    progressTicks: 3000,
    people: randomness.integer(2, 4),
    segmentBytes: randomness.pick([64, 65_536]),
    model: decreeModel,
    watcher,
    newRole(role) {
      switch (role) {
        case "proposer":
          return new Proposer({ acceptors, retryTicks });
        case "acceptor":
          return new Acceptor({
            proposer: addressOf("proposer", 1),
            learners: nodes.map((node) => addressOf("learner", node)),
          });
        case "learner":
          return learner({ acceptors, retryTicks });
        default:
          return noSuchRole(role);
      }
    },
    backing: (_role, { address }) =>
      roleOf(address) === "learner"
        ? () => ({ recover: () => 0, deliver: () => undefined, status: () => ({}), close: () => undefined })
        : undefined,
    openLog(life) {
      const folder = `${life.folder}/log`;
      requireMemory(life, folder);
      return new FileLog(folder, life.files);
    },
    newPerson: (surroundings) => new UnanimousPerson(surroundings),
    unsettled(isUp) {
      const behind = watcher.behind(nodes, isUp);
      return behind.length === 0 ? undefined : `${behind.map(showAddress).join(", ")} has not learned the value`;
    },
    finalCheck: () => reached.count("decrees", consensus.chosenThrough),
  };
}
