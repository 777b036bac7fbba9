/**
 * A client of single-decree Paxos: it asks proposers for a value of its own, or learners for the chosen one, again and
 * again until it is answered.
 */
import { addressOf, type Address, type basic } from "@synod/protocol";
import type { Invocation } from "../world/history.ts";
import type { Model } from "../world/model.ts";
import type { Person, PersonSurroundings } from "../world/protocol.ts";

/** A register that is written once: the first proposal decides, and every answer is that value. */
export const decreeModel: Model = {
  initial: undefined,
  apply(state, f, asked) {
    const decided = f === "propose" ? (state ?? asked) : state;
    return { state: decided, answer: decided };
  },
  sameAnswer: (expected, given) => expected === given,
  keyOf: (state) => (state === undefined ? "" : `=${String(state)}`),
};

/** Ticks after which it asks somebody else. */
const retryTicks = 15;
const patienceTicks = 300;
const hastyTicks = 20;
/** How late a message may come again. */
const latestMicroseconds = 1_000_000;

interface Asking {
  readonly message: basic.Message;
  readonly invocation: Invocation;
  readonly last: boolean;
  readonly untilTicks: number;
  ageTicks: number;
}

export class BasicPerson implements Person<basic.Message> {
  readonly resident = {
    busy: false,
    post: (_from: Address, message: basic.Message): void => this.#take(message),
    turn: (): void => undefined,
    tick: (): void => this.#tick(),
  };
  satisfied = false;
  readonly #surroundings: PersonSurroundings<basic.Message>;
  readonly #nodes: readonly number[];
  #process: number;
  #asking: Asking | undefined;
  #asked = 0;
  #finishing = false;
  #ticksFinishing = 0;

  constructor(surroundings: PersonSurroundings<basic.Message>, nodes: readonly number[]) {
    this.#surroundings = surroundings;
    this.#nodes = nodes;
    this.#process = surroundings.history.newProcess();
  }

  begin(): void {
    this.#think();
  }

  finish(): void {
    this.#finishing = true;
    if (this.#asking === undefined) this.#ask();
  }

  #think(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, 400_000), () => {
      if (this.#asking === undefined && !this.satisfied) this.#ask();
    });
  }

  #ask(): void {
    const { address, randomness, history, manners, struck } = this.#surroundings;
    this.#asked += 1;
    const proposes = this.#finishing || randomness.chance(0.7);
    const text = `${address}-${this.#asked}`;
    const message: basic.Message = proposes ? { kind: "Request", value: bytesOf(text) } : { kind: "Inquire" };
    const invocation = history.invoke(
      this.#process,
      proposes ? "propose" : "inquire",
      "decree",
      proposes ? text : null,
    );
    const untilTicks = this.#finishing ? Infinity : this.#drawPatience();
    this.#asking = { message, invocation, last: this.#finishing, untilTicks, ageTicks: 0 };
    this.#send(randomness.pick(this.#nodes));
    if (!randomness.chance(manners.crowding)) return;
    struck("crowding");
    for (const node of this.#nodes) this.#send(node);
  }

  /** In the end every learner is to know: one that nobody tells finds out when it is asked. */
  #inquireOfAll(): void {
    this.#ticksFinishing += 1;
    if (this.#ticksFinishing % retryTicks !== 0) return;
    for (const node of this.#nodes) this.#surroundings.send(addressOf("learner", node), { kind: "Inquire" });
  }

  /** How long it waits for an answer, in ticks: it may be hasty, cancel, or leave and come back with another wish. */
  #drawPatience(): number {
    const { randomness, manners, struck } = this.#surroundings;
    for (const manner of ["impatience", "fickleness", "departure"] as const) {
      if (!randomness.chance(manners[manner])) continue;
      struck(manner);
      return randomness.integer(1, hastyTicks);
    }
    return patienceTicks;
  }

  #send(node: number): void {
    if (this.#asking === undefined) return;
    const { message } = this.#asking;
    const { randomness, manners, send, after, struck } = this.#surroundings;
    const role = message.kind === "Request" ? "proposer" : "learner";
    send(addressOf(role, node), message);
    if (!randomness.chance(manners.repetition)) return;
    struck("repetition");
    const elsewhere = addressOf(role, randomness.pick(this.#nodes));
    after(randomness.integer(0, latestMicroseconds), () => send(elsewhere, message));
  }

  #take(message: basic.Message): void {
    const asking = this.#asking;
    if (message.kind !== "Response" || asking === undefined) return;
    asking.invocation.ok(textOf(message.value));
    this.#asking = undefined;
    this.satisfied = asking.last;
    if (!this.#finishing) this.#think();
    else if (!this.satisfied) this.#ask();
  }

  #tick(): void {
    if (this.#finishing) this.#inquireOfAll();
    const asking = this.#asking;
    if (asking === undefined) return;
    asking.ageTicks += 1;
    if (asking.ageTicks < asking.untilTicks) {
      if (asking.ageTicks % retryTicks === 0) this.#send(this.#surroundings.randomness.pick(this.#nodes));
      return;
    }
    asking.invocation.info();
    this.#process = this.#surroundings.history.newProcess();
    this.#asking = undefined;
    if (this.#finishing) this.#ask();
    else this.#think();
  }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
