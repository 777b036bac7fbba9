/**
 * Who changes the members of a cluster: it asks the leader for one change, follows where it is sent, and asks again until
 * the change is in force or refused. To ask again is harmless: a change that is made already is answered so.
 */
import { addressOf, changeRefusals, type Change, type ChangeRefused as Refusal } from "@synod/protocol";
import type { NoQuorum as NoQuorumMessage, ReconfigurationMessage, Redirect } from "@synod/protocol";
import type { CallOptions } from "./admission.ts";
import { Calls, type Call } from "./calls.ts";
import { ChangeRefused, NoQuorum, Timeout } from "./errors.ts";
import { Guest, type GuestOptions } from "./guest.ts";
import { nodeAfter } from "./target.ts";

export interface AdministratorOptions extends GuestOptions {
  /** The nodes that there are now. */
  readonly nodes: () => readonly number[];
}

/** A change that is in force. */
export interface ChangeMade {
  /** How many changes there have been. */
  readonly number: number;
  /** The first slot that the new members choose. */
  readonly fromSlot: number;
}

type Spoken = ReconfigurationMessage | Redirect | NoQuorumMessage;

/** The change that is asked for, and the node that is asked. */
interface Asked {
  readonly change: Change;
  readonly sequence: number;
  node: number;
  /** Why it was not made when it was asked for last; what passes is waited for. */
  refusal: Refusal | NoQuorumMessage | undefined;
}

type ChangeCall = Call<Asked, ChangeMade>;

/** Before a change is asked for elsewhere, or when another one is in the way, in milliseconds. */
const soonMs = 50;
/** A leader waits for who joins for as long as it gets on. */
const defaultDeadlineMs = 30_000;

export class AdministratorClient extends Guest<Spoken> {
  readonly #nodes: () => readonly number[];
  readonly #calls: Calls<Spoken, Asked, ChangeMade>;
  #sequence = 0;

  constructor({ nodes, ...options }: AdministratorOptions) {
    super(options);
    this.#nodes = nodes;
    this.#calls = this.seat(
      new Calls({
        ...this.ground,
        ask: (call, inVain) => this.#ask(call, inVain),
        take: (message) => this.#take(message),
        givenUp,
      }),
    );
  }

  /**
   * Has a node added, removed, or replaced; resolves once that is in force.
   *
   * Rejects with ChangeRefused, with NoQuorum, with Timeout or Cancelled, after which it may still be made, or with Closed.
   */
  async change(change: Change, options: CallOptions = {}): Promise<ChangeMade> {
    if (this.#calls.size > 0) throw new ChangeRefused({ reason: "another change is under way" });
    this.#sequence += 1;
    const sequence = this.#sequence;
    const asked = { change, sequence, node: this.#nodes()[0] ?? 1, refusal: undefined };
    const { deadlineMs = defaultDeadlineMs } = options;
    return this.#calls.call(`${sequence}`, asked, { ...options, deadlineMs });
  }

  #ask({ asked }: ChangeCall, inVain: boolean): void {
    // Who does not answer is not asked next time: a leader that has gone sends nobody anywhere.
    if (inVain) asked.node = nodeAfter(this.#nodes(), asked.node);
    const { node, sequence, change } = asked;
    this.ground.send(addressOf("proposer", node), { kind: "Reconfigure", sequence, ...change });
  }

  #take(message: Spoken): void {
    if (message.kind === "Reconfigure") return;
    for (const call of this.#calls.named(`${message.sequence}`)) this.#answered(call, message);
  }

  #answered(call: ChangeCall, message: Exclude<Spoken, { readonly kind: "Reconfigure" }>): void {
    const { asked } = call;
    switch (message.kind) {
      case "Reconfigured":
        return this.#calls.answer(call, { number: message.number, fromSlot: message.from });
      case "ChangeRefused":
        return this.#refused(call, message);
      case "NoQuorum":
        asked.refusal = message;
        return this.#elsewhere(call);
      case "Redirect":
        if (message.leader === asked.node || !this.#nodes().includes(message.leader)) return this.#elsewhere(call);
        asked.node = message.leader;
        return this.#calls.ask(call);
      default:
        // Others than it knows may come from a cluster: none of them answers it.
        return;
    }
  }

  /** Another change passes; all else stays as it is. */
  #refused(call: ChangeCall, refusal: Refusal): void {
    call.asked.refusal = refusal;
    if (changeRefusals[refusal.reason] === "another change is under way") this.#calls.askAfter(call, soonMs);
    else this.#calls.fail(call, errorOf(refusal));
  }

  #elsewhere(call: ChangeCall): void {
    call.asked.node = nodeAfter(this.#nodes(), call.asked.node);
    this.#calls.askAfter(call, soonMs);
  }
}

function givenUp({ refusal }: Asked, afterMs: number): ChangeRefused | NoQuorum | Timeout {
  if (refusal === undefined) return new Timeout({ afterMs });
  if (refusal.kind === "ChangeRefused") return errorOf(refusal);
  return new NoQuorum({ reachable: refusal.reachable, needed: refusal.needed, afterMs });
}

function errorOf({ reason, reachable, needed }: Refusal): ChangeRefused {
  return new ChangeRefused({ reason: changeRefusals[reason] ?? `for reason ${reason}`, reachable, needed });
}
