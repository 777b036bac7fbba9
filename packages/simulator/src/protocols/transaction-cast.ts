/**
 * What the runs of all commit protocols have in common, so that one seed gives all of them the same nodes, faults and
 * clients: what a protocol bears can be compared.
 */
import type { commit } from "@synod/protocol";
import { addressOf, majority, nodeOf, type Address, type NodeRole, type RoleMachine } from "@synod/protocol";
import type { Log } from "@synod/storage";
import type { TransactionsChecker } from "../check/transactions.ts";
import type { Cast, Life, Person, PersonSurroundings, Setting } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { keyValueModel } from "./key-value-model.ts";
import { openRoleLog } from "./role-log.ts";
import type { TransactionPersonOptions } from "./transaction-person.ts";
import type { AnyCommitEntry, AnyCommitMessage, TransactionWatcher } from "./transaction-watcher.ts";

/** Simulated seconds with faults of a run. */
export const commitSeconds: readonly [least: number, most: number] = [1, 4];

/** Few, so that transactions meet. */
export const commitKeys = ["a", "b", "c", "d", "e", "f"];

/** What is drawn for a run. */
export interface TransactionDraw {
  readonly nodes: readonly number[];
  readonly timing: commit.CommitTiming;
  readonly segmentBytes: number;
  readonly people: number;
}

export function drawTransactions(randomness: Randomness, given: number | undefined): TransactionDraw {
  const count = given ?? randomness.pick([3, 3, 3, 5, 4]);
  const timing = randomness.pick([
    { retryTicks: 8, voteTicks: 20, doubtTicks: 45, holdTicks: 60 },
    { retryTicks: 5, voteTicks: 12, doubtTicks: 30, holdTicks: 100 },
    { retryTicks: 10, voteTicks: 40, doubtTicks: 100, holdTicks: 150 },
  ]);
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    timing,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    people: randomness.integer(2, 5),
  };
}

export interface TransactionCastOptions<Message, Entry extends Message> {
  readonly setting: Setting;
  readonly draw: TransactionDraw;
  /** In the order in which nodes have them; the first one names their process. */
  readonly roles: readonly NodeRole[];
  readonly newPerson: (
    surroundings: PersonSurroundings<Message>,
    given: Pick<TransactionPersonOptions, "nodes" | "keys">,
  ) => Person<Message>;
  readonly transactions: TransactionsChecker;
  readonly watcher: TransactionWatcher;
  readonly newRole: (role: NodeRole, node: number, life: Life) => RoleMachine<Message, Entry, never>;
  readonly openLog?: (life: Life) => Log;
  /** What a role still has to do, of roles that are up; undefined when nothing. */
  readonly busyWith: (role: NodeRole, status: Readonly<Record<string, unknown>>) => string | undefined;
}

export function castOfTransactions<Message extends AnyCommitMessage, Entry extends Message & AnyCommitEntry>(
  options: TransactionCastOptions<Message, Entry>,
): Cast<Message, Entry, never> {
  const { setting, draw, roles, transactions, watcher, newRole, busyWith } = options;
  const { openLog = (life) => openRoleLog(life) } = options;
  const { nodes } = draw;
  const machines = new Map<Address, RoleMachine<Message, Entry, never>>();
  return {
    nodes,
    rolesOf: () => roles,
    spareNodes: nodes.length - majority(nodes.length).phase1,
    progressTicks: 3000,
    people: draw.people,
    segmentBytes: draw.segmentBytes,
    model: keyValueModel,
    watcher,
    newRole(role, node, life) {
      const machine = newRole(role, node, life);
      machines.set(life.address, machine);
      return machine;
    },
    backing: () => undefined,
    openLog,
    newPerson: (surroundings) => options.newPerson(surroundings, { nodes, keys: commitKeys }),
    unsettled(isUp) {
      const inDoubt = nodes
        .filter((node) => isUp(addressOf("participant", node)))
        .flatMap((node) => {
          const [transaction] = transactions.inDoubt(node);
          return transaction === undefined ? [] : [`participant ${node} is in doubt about transaction ${transaction}`];
        });
      if (inDoubt[0] !== undefined) return `${inDoubt[0]}, and its locks are held`;
      for (const [address, machine] of machines) {
        const [role] = roles.filter((each) => addressOf(each, nodeOf(address)) === address);
        const busy = role !== undefined && isUp(address) ? busyWith(role, machine.status()) : undefined;
        if (busy !== undefined) return `${role} ${nodeOf(address)} ${busy}`;
      }
      return undefined;
    },
    finalCheck() {
      setting.reached.count("committed", transactions.committed);
      setting.reached.count("aborted", transactions.aborted);
    },
  };
}
