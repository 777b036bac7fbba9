/**
 * The promise of Cheap Paxos: as long as all mains answer and no change is pending, not one message goes to an auxiliary.
 * Watched at each proposer, by what it took and what leaves it; nobody else ever sends one anything.
 */
import {
  newOutput,
  nodeOf,
  roleOf,
  showAddress,
  type Address,
  type Membership,
  type multi,
  type Output,
  type RoleMachine,
  type RoleStatus,
} from "@synod/protocol";
import type { Report } from "../world/violation.ts";

export interface IdleAuxiliariesOptions {
  readonly auxiliaries: readonly number[];
  /** A main that has answered so many ticks ago, or fewer, has answered lately. */
  readonly latelyTicks: number;
  /** The newest members, and the first slot that they govern. */
  readonly newest: () => { readonly membership: Membership; readonly from: number };
  readonly report: Report;
  /** An auxiliary was left alone again after it was called on. */
  readonly idle: () => void;
}

type Role = RoleMachine<multi.Message, multi.Entry, multi.Delivery>;
type RoleOutput = Output<multi.Message, multi.Entry, multi.Delivery>;

export class IdleAuxiliaries {
  readonly #options: IdleAuxiliariesOptions;

  constructor(options: IdleAuxiliariesOptions) {
    this.#options = options;
  }

  /** A proposer, seen. */
  watched(role: Role, node: number): Role {
    return new WatchedProposer(role, node, this.#options);
  }

  /** A message leaves a role. */
  sent(from: Address, to: Address, { kind }: multi.Message): void {
    const { auxiliaries, report } = this.#options;
    if (!auxiliaries.includes(nodeOf(to)) || roleOf(to) !== "acceptor") return;
    if (roleOf(from) === "proposer") return;
    report("idle", `${showAddress(from)} sends ${kind} to ${showAddress(to)}, an auxiliary`);
  }
}

class WatchedProposer implements Role {
  readonly #role: Role;
  readonly #node: number;
  readonly #options: IdleAuxiliariesOptions;
  readonly #inner: RoleOutput = newOutput();
  #ticks = 0;
  /** By main: the last tick before this one in which it answered, and that in which it answered last. */
  readonly #heard = new Map<number, { before: number; last: number }>();
  #isLeading = false;
  /** The auxiliaries may be told once what they need not keep: they may have been called on. */
  #mayRelieve = false;

  constructor(role: Role, node: number, options: IdleAuxiliariesOptions) {
    this.#role = role;
    this.#node = node;
    this.#options = options;
  }

  step(from: Address, message: multi.Message, out: RoleOutput): void {
    const isAnswer = message.kind === "Accepted" || message.kind === "HeartbeatAck";
    if (isAnswer && message.ballot === this.#role.status()["ballot"]) this.#hears(nodeOf(from));
    this.#act(out, (inner) => this.#role.step(from, message, inner));
  }

  tick(out: RoleOutput): void {
    this.#ticks += 1;
    if (!this.#allAnswer) this.#mayRelieve = true;
    this.#act(out, (inner) => this.#role.tick(inner));
  }

  flush(out: RoleOutput): void {
    this.#act(out, (inner) => this.#role.flush(inner));
  }

  restore(entry: multi.Entry): void {
    this.#role.restore(entry);
  }

  checkpoint(): readonly multi.Entry[] {
    return this.#role.checkpoint();
  }

  status(): RoleStatus {
    return this.#role.status();
  }

  #hears(node: number): void {
    const heard = this.#heard.get(node);
    if (heard === undefined) this.#heard.set(node, { before: -Infinity, last: this.#ticks });
    else if (heard.last < this.#ticks) {
      heard.before = heard.last;
      heard.last = this.#ticks;
    }
  }

  #act(out: RoleOutput, action: (inner: RoleOutput) => void): void {
    const inner = this.#inner;
    action(inner);
    this.#judge([...inner.send, ...inner.sendAfterPersist]);
    out.send.push(...inner.send.splice(0));
    out.persist.push(...inner.persist.splice(0));
    out.sendAfterPersist.push(...inner.sendAfterPersist.splice(0));
    out.deliver.push(...inner.deliver.splice(0));
  }

  #judge(sent: readonly { readonly to: Address; readonly message: multi.Message }[]): void {
    const isLeading = this.#role.status()["state"] === "leading";
    if (isLeading && !this.#isLeading) {
      this.#heard.clear();
      this.#mayRelieve = true;
    }
    this.#isLeading = isLeading;
    if (!isLeading) return;
    for (const { to, message } of sent) {
      if (this.#options.auxiliaries.includes(nodeOf(to))) this.#toAuxiliary(to, message);
    }
  }

  #toAuxiliary(to: Address, { kind }: multi.Message): void {
    if (kind === "Trim") {
      // One to each of them.
      if (this.#mayRelieve && to === this.#lastAuxiliary) {
        this.#mayRelieve = false;
        this.#options.idle();
      } else if (!this.#mayRelieve) this.#refuse(to, kind);
      return;
    }
    if (this.#allAnswer) this.#refuse(to, kind);
    this.#mayRelieve = true;
  }

  get #lastAuxiliary(): Address {
    return this.#options.newest().membership.acceptors.findLast((each) => this.#isAuxiliary(each)) ?? 0;
  }

  #isAuxiliary(address: Address): boolean {
    return this.#options.auxiliaries.includes(nodeOf(address));
  }

  /** All mains have answered lately, and this leader knows that the newest members are in force. */
  get #allAnswer(): boolean {
    const { membership, from } = this.#options.newest();
    const { commitPoint, membership: number } = this.#role.status();
    if (typeof commitPoint !== "number" || commitPoint + 1 < from || number !== membership.number) return false;
    const least = this.#ticks - this.#options.latelyTicks;
    return membership.mains.every((node) => {
      const heard = this.#heard.get(node);
      if (heard === undefined) return false;
      return (heard.last < this.#ticks ? heard.last : heard.before) >= least;
    });
  }

  #refuse(to: Address, kind: string): void {
    const who = `proposer ${this.#node} sends ${kind} to ${showAddress(to)}, an auxiliary`;
    this.#options.report("idle", `${who}, and all mains have answered lately`);
  }
}
