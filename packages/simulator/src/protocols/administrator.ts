/**
 * Who changes the members of a cluster while all else goes wrong: one change at a time, asked for again until it is
 * answered. A member that was lost for good is replaced before anything else.
 */
import { addressOf, changeRefusals, type Change, type Membership } from "@synod/protocol";
import type { NoQuorum, ReconfigurationMessage, Redirect } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import type { MemberChange } from "../world/faults/members.ts";
import type { Administration, AdministratorSurroundings, Person } from "../world/protocol.ts";

type Spoken = ReconfigurationMessage | Redirect | NoQuorum;

export interface AdministratorOptions<Message> {
  readonly surroundings: AdministratorSurroundings<Message | ReconfigurationMessage>;
  /** The nodes that may join, in the order in which they do. */
  readonly laterNodes: readonly number[];
  /** The newest members, and whether they are in force. */
  readonly members: () => Membership;
  readonly isSettled: () => boolean;
  /** Whether a member may be lost so that the others go on. */
  readonly maySpare: (membership: Membership, node: number) => boolean;
  /** A change is asked for. */
  readonly asked: (change: Change) => void;
  readonly count: (name: string) => void;
}

/** Between one asking and the next, in ticks. */
const retryTicks = 30;
/** Before a change that was refused because another one is under way is asked for once more, in ticks. */
const busyTicks = 10;
const mostBusy = 30;
const mostMembers = 6;
/** How many nodes may join in a run whose members change. */
export const mostLater = 6;

interface Asked extends Change {
  readonly kind: MemberChange;
  sequence: number;
  busy: number;
}

export class Administrator<Message extends { readonly kind: string }> implements Person<Message>, Administration {
  readonly resident: Resident<Message>;
  readonly #options: AdministratorOptions<Message>;
  readonly #wanted: MemberChange[] = [];
  /** Nodes that run and are no members: they were to join, and their change was refused. */
  readonly #waiting: number[] = [];
  #later: readonly number[];
  #asked: Asked | undefined;
  #sequence = 0;
  #target: number;
  #restTicks = 0;
  /** A change that was refused may still be chosen, as long as no other one was. */
  #mayLinger = false;
  #finishing = false;
  #inbox: Spoken[] = [];

  constructor(options: AdministratorOptions<Message>) {
    this.#options = options;
    this.#later = options.laterNodes;
    this.#target = options.members().mains[0] ?? 1;
    const own = (): Administrator<Message> => this;
    this.resident = {
      post: (_from, message) => this.#take(message),
      get busy() {
        return own().#inbox.length > 0;
      },
      turn: () => this.#turn(),
      tick: () => this.#tick(),
    };
  }

  get satisfied(): boolean {
    return this.#finishing && this.#asked === undefined && this.#lostMember() === undefined;
  }

  begin(): void {
    this.#restTicks = busyTicks;
  }

  finish(): void {
    this.#finishing = true;
    this.#wanted.length = 0;
  }

  wants(change: MemberChange): void {
    this.#wanted.push(change);
  }

  maySpare(node: number): boolean {
    const { members, maySpare, isSettled, surroundings } = this.#options;
    const now = members();
    if (this.#asked !== undefined || this.#mayLinger || !isSettled()) return false;
    if ([...now.members, ...now.absent].some((each) => surroundings.lost.has(each))) return false;
    const isReplaceable = this.#later.length + this.#waiting.length > 0;
    return isReplaceable && now.members.includes(node) && maySpare(now, node);
  }

  #take(message: Message): void {
    const spoken: { readonly kind: string } = message;
    if (isSpoken(spoken)) this.#inbox.push(spoken);
  }

  #turn(): void {
    for (const message of this.#inbox.splice(0)) this.#hear(message);
  }

  #tick(): void {
    this.#restTicks -= 1;
    if (this.#restTicks > 0) return;
    this.#asked ??= this.#next();
    if (this.#asked === undefined) return;
    this.#target = this.#nextTarget();
    this.#ask(this.#asked);
  }

  /** Who does not answer is not asked next time. */
  #nextTarget(): number {
    // Who came for another one has its place among the members, and not that of its number.
    const nodes = [...this.#options.members().mains].sort((one, other) => one - other);
    return nodes.find((node) => node > this.#target) ?? nodes[0] ?? this.#target;
  }

  #ask(asked: Asked): void {
    const { surroundings } = this.#options;
    const { add, remove, sequence } = asked;
    this.#restTicks = retryTicks;
    surroundings.send(addressOf("proposer", this.#target), { kind: "Reconfigure", sequence, add, remove });
  }

  #hear(message: Spoken): void {
    const asked = this.#asked;
    if (asked === undefined || message.kind === "Reconfigure" || message.sequence !== asked.sequence) return;
    switch (message.kind) {
      case "Redirect":
        if (message.leader === 0 || message.leader === this.#target) return;
        this.#target = message.leader;
        return this.#ask(asked);
      case "NoQuorum":
        return;
      case "Reconfigured":
        this.#options.count(`${asked.kind}-done`);
        this.#mayLinger = false;
        if (asked.remove !== 0) this.#options.surroundings.votedOut(asked.remove);
        return this.#rest();
      case "ChangeRefused":
        return this.#refused(asked, changeRefusals[message.reason] ?? "");
    }
  }

  #refused(asked: Asked, reason: string): void {
    if (reason === "another change is under way" && asked.busy < mostBusy) {
      asked.busy += 1;
      this.#restTicks = busyTicks;
      this.#target -= 1;
      return;
    }
    this.#options.count("changes-refused");
    this.#mayLinger = true;
    if (asked.add > this.#options.members().highest) this.#waiting.push(asked.add);
    this.#rest();
  }

  #rest(): void {
    this.#asked = undefined;
    this.#restTicks = busyTicks;
  }

  #next(): Asked | undefined {
    const lost = this.#lostMember();
    if (lost !== undefined) return this.#begin("replace-node", lost);
    const kind = this.#wanted.shift();
    if (kind === undefined) return undefined;
    const { members, mains, absent } = this.#options.members();
    if (kind === "add-node") return members.length < mostMembers ? this.#begin(kind, 0) : undefined;
    if (kind === "remove-node" && mains.length < 2) return undefined;
    return this.#begin(kind, this.#options.surroundings.randomness.pick([...mains, ...absent]));
  }

  #begin(kind: MemberChange, remove: number): Asked | undefined {
    const { surroundings, asked } = this.#options;
    const add = kind === "remove-node" ? 0 : this.#joiner();
    if (add === undefined) return undefined;
    this.#sequence += 1;
    surroundings.changed(kind);
    asked({ add, remove });
    return { kind, add, remove, sequence: this.#sequence, busy: 0 };
  }

  /** A node that waits to join, or a new one: undefined when there is none left. */
  #joiner(): number | undefined {
    const { highest } = this.#options.members();
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined && waiting > highest) return waiting;
    }
    const [next, ...rest] = this.#later;
    if (next === undefined) return undefined;
    this.#later = rest;
    this.#options.surroundings.startNode(next);
    return next;
  }

  /** One that can be replaced: an auxiliary cannot. */
  #lostMember(): number | undefined {
    const { members, surroundings } = this.#options;
    const { mains, absent } = members();
    return [...mains, ...absent].find((node) => surroundings.lost.has(node));
  }
}

function isSpoken(message: { readonly kind: string }): message is Spoken {
  return ["Reconfigured", "ChangeRefused", "Redirect", "NoQuorum"].includes(message.kind);
}
