/**
 * Two-phase commit in the world. It is there to be compared: it blocks when a coordinator is lost after the votes, and
 * the run then says so.
 */
import { commit, noSuchRole, type RoleMachine } from "@synod/protocol";
import { TransactionsChecker } from "../check/transactions.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import { CoordinatorWatcher } from "./coordinator-watcher.ts";
import { castOfTransactions, commitSeconds, drawTransactions } from "./transaction-cast.ts";
import { TransactionPerson } from "./transaction-person.ts";

type Message = commit.twoPhase.Message;
type Entry = commit.twoPhase.Entry;
export type TwoPhaseRole = RoleMachine<Message, Entry, never>;

/** What a run is made of: all real, unless a museum's exhibit replaces a part. */
export interface TwoPhaseParts {
  coordinator(configuration: commit.CommitConfiguration, node: number): TwoPhaseRole;
  participant(configuration: commit.CommitConfiguration, node: number): TwoPhaseRole;
}

const realParts: TwoPhaseParts = {
  coordinator: (configuration, node) => new commit.twoPhase.Coordinator(configuration, node),
  participant: (configuration, node) => new commit.twoPhase.Participant(configuration, node),
};

/** @param replaced parts that are not the real ones */
export function newTwoPhaseProtocol(replaced: Partial<TwoPhaseParts> = {}): SimulatedProtocol<Message, Entry, never> {
  const parts = { ...realParts, ...replaced };
  return {
    name: "two-phase",
    knownFlaw: "participants that have voted wait for ever when their coordinator is lost",
    layout: commit.twoPhase.layout,
    asEntry: commit.twoPhase.asEntry,
    slotOf: commit.slotOf,
    seconds: commitSeconds,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: TwoPhaseParts): Cast<Message, Entry, never> {
  const { randomness, report, reached } = setting;
  const draw = drawTransactions(randomness, setting.nodes);
  const configuration = commit.commitConfigurationOf(draw.nodes.length, { timing: draw.timing });
  const transactions = new TransactionsChecker(report);
  return castOfTransactions<Message, Entry>({
    setting,
    draw,
    roles: ["coordinator", "participant"],
    newPerson: (surroundings, given) =>
      new TransactionPerson({ surroundings, ...given, coordinator: "coordinator", anyCoordinator: false }),
    transactions,
    watcher: new CoordinatorWatcher(transactions, reached, report),
    newRole(role, node) {
      switch (role) {
        case "coordinator":
          return parts.coordinator(configuration, node);
        case "participant":
          return parts.participant(configuration, node);
        default:
          return noSuchRole(role);
      }
    },
    busyWith: (role, { locks }) => (role === "participant" && locks !== 0 ? "holds locks" : undefined),
  });
}
