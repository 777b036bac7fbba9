/**
 * Paxos Commit in the world.
 */
import { basic, commit, noSuchRole, type QuorumSystem, type Random, type RoleMachine } from "@synod/protocol";
import { TransactionsChecker } from "../check/transactions.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import { PaxosCommitWatcher } from "./paxos-commit-watcher.ts";
import { openRoleLog, realLogParts, type RoleLogParts } from "./role-log.ts";
import { castOfTransactions, commitSeconds, drawTransactions } from "./transaction-cast.ts";
import { TransactionPerson } from "./transaction-person.ts";

type Message = commit.paxosCommit.Message;
type Entry = commit.paxosCommit.Entry;
type Configuration = commit.paxosCommit.Configuration;
export type PaxosCommitRole = RoleMachine<Message, Entry, never>;

/** What a run is made of: all real, unless a museum's exhibit replaces a part. */
export interface PaxosCommitParts extends RoleLogParts {
  quorums(quorums: QuorumSystem): QuorumSystem;
  leader(configuration: Configuration, node: number, random: Random): PaxosCommitRole;
  acceptor(configuration: Configuration, node: number): PaxosCommitRole;
  participant(configuration: Configuration, node: number): PaxosCommitRole;
}

/** The most ticks that a leader waits after its first refusal. */
const delayTicks = 4;

const realParts: PaxosCommitParts = {
  ...realLogParts,
  quorums: (quorums) => quorums,
  leader: (configuration, node, random) =>
    new commit.paxosCommit.Leader(configuration, node, basic.randomDelay(random, delayTicks)),
  acceptor: (configuration, node) => new commit.paxosCommit.Acceptor(configuration, node),
  participant: (configuration, node) => new commit.paxosCommit.Participant(configuration, node),
};

/** @param replaced parts that are not the real ones */
export function newPaxosCommitProtocol(
  replaced: Partial<PaxosCommitParts> = {},
): SimulatedProtocol<Message, Entry, never> {
  const parts = { ...realParts, ...replaced };
  return {
    name: "commit",
    layout: commit.paxosCommit.layout,
    asEntry: commit.paxosCommit.asEntry,
    slotOf: commit.slotOf,
    seconds: commitSeconds,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: PaxosCommitParts): Cast<Message, Entry, never> {
  const { randomness, report, reached } = setting;
  const draw = drawTransactions(randomness, setting.nodes);
  const sound = commit.paxosCommit.configurationOf(draw.nodes.length, { timing: draw.timing });
  const configuration = { ...sound, quorums: parts.quorums(sound.quorums) };
  const transactions = new TransactionsChecker(report);
  return castOfTransactions<Message, Entry>({
    setting,
    draw,
    roles: ["proposer", "acceptor", "participant"],
    newPerson: (surroundings, given) =>
      new TransactionPerson({ surroundings, ...given, coordinator: "proposer", anyCoordinator: true }),
    transactions,
    watcher: new PaxosCommitWatcher({
      transactions,
      reached,
      report,
      nodes: draw.nodes.length,
      quorums: sound.quorums,
    }),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return parts.leader(configuration, node, random);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "participant":
          return parts.participant(configuration, node);
        default:
          return noSuchRole(role);
      }
    },
    openLog: (life) => openRoleLog(life, parts),
    busyWith(role, { locks, undecided }) {
      if (role === "participant" && locks !== 0) return "holds locks";
      return role === "acceptor" && undecided !== 0 ? "has votes of a transaction that is not over" : undefined;
    },
  });
}
