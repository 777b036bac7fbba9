/**
 * Three-phase commit in the world. It is there to be compared: where a partition makes one side take the other for
 * crashed, they decide differently, and the run then says so.
 */
import { commit, noSuchRole, type RoleMachine } from "@synod/protocol";
import { TransactionsChecker } from "../check/transactions.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import { CoordinatorWatcher } from "./coordinator-watcher.ts";
import { castOfTransactions, commitSeconds, drawTransactions } from "./transaction-cast.ts";
import { TransactionPerson } from "./transaction-person.ts";

type Message = commit.threePhase.Message;
type Entry = commit.threePhase.Entry;
export type ThreePhaseRole = RoleMachine<Message, Entry, never>;

/** What a run is made of: all real, unless a museum's exhibit replaces a part. */
export interface ThreePhaseParts {
  coordinator(configuration: commit.CommitConfiguration, node: number): ThreePhaseRole;
  participant(configuration: commit.CommitConfiguration, node: number): ThreePhaseRole;
}

const realParts: ThreePhaseParts = {
  coordinator: (configuration, node) => new commit.threePhase.Coordinator(configuration, node),
  participant: (configuration, node) => new commit.threePhase.Participant(configuration, node),
};

/** @param replaced parts that are not the real ones */
export function newThreePhaseProtocol(
  replaced: Partial<ThreePhaseParts> = {},
): SimulatedProtocol<Message, Entry, never> {
  const parts = { ...realParts, ...replaced };
  return {
    name: "three-phase",
    knownFlaw: "two sides of a partition, or a crash that is only slowness, decide differently",
    layout: commit.threePhase.layout,
    asEntry: commit.threePhase.asEntry,
    slotOf: commit.slotOf,
    seconds: commitSeconds,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: ThreePhaseParts): Cast<Message, Entry, never> {
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
