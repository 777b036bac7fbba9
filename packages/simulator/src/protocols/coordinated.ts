/**
 * What two-phase and three-phase commit have in common in the world: a coordinator and a participant on each node.
 */
import { commit, noSuchRole, type Layout, type RoleMachine } from "@synod/protocol";
import { TransactionsChecker } from "../check/transactions.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import { CoordinatorWatcher } from "./coordinator-watcher.ts";
import { castOfTransactions, commitSeconds, drawTransactions } from "./transaction-cast.ts";
import { TransactionPerson } from "./transaction-person.ts";
import type { AnyCommitEntry, AnyCommitMessage } from "./transaction-watcher.ts";

/** What a run is made of: all real, unless a museum's exhibit replaces a part. */
export interface CoordinatedParts<Message, Entry extends Message> {
  coordinator(configuration: commit.CommitConfiguration, node: number): RoleMachine<Message, Entry, never>;
  participant(configuration: commit.CommitConfiguration, node: number): RoleMachine<Message, Entry, never>;
}

export interface CoordinatedProtocol<Message, Entry extends Message> {
  readonly name: string;
  readonly knownFlaw: string;
  readonly layout: readonly Layout[];
  readonly asEntry: (message: Message) => Entry;
  readonly parts: CoordinatedParts<Message, Entry>;
}

/** @typeParam Own what the protocol adds to the messages of transactions */
export function newCoordinatedProtocol<
  Own extends AnyCommitMessage,
  Entry extends (commit.TransactionMessage | Own) & AnyCommitEntry,
>({
  parts,
  ...protocol
}: CoordinatedProtocol<commit.TransactionMessage | Own, Entry>): SimulatedProtocol<
  commit.TransactionMessage | Own,
  Entry,
  never
> {
  return {
    ...protocol,
    slotOf: commit.slotOf,
    seconds: commitSeconds,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf<Own extends AnyCommitMessage, Entry extends (commit.TransactionMessage | Own) & AnyCommitEntry>(
  setting: Setting,
  parts: CoordinatedParts<commit.TransactionMessage | Own, Entry>,
): Cast<commit.TransactionMessage | Own, Entry, never> {
  const { randomness, report, reached } = setting;
  const draw = drawTransactions(randomness, setting.nodes);
  const nodes = draw.nodes.length;
  const configuration = commit.commitConfigurationOf(nodes, { timing: draw.timing });
  const transactions = new TransactionsChecker(report);
  return castOfTransactions<commit.TransactionMessage | Own, Entry>({
    setting,
    draw,
    roles: ["coordinator", "participant"],
    newPerson: (surroundings, given) =>
      new TransactionPerson({ surroundings, ...given, coordinator: "coordinator", anyCoordinator: false }),
    transactions,
    watcher: new CoordinatorWatcher({ transactions, reached, report, nodes }),
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
