/**
 * A client: it asks for a value of its own, again and again until it is answered, and then for another one.
 */
import { addressOf, type Address } from "@synod/protocol";
import type { Invocation } from "../../src/world/history.ts";
import type { Person, PersonSurroundings } from "../../src/world/protocol.ts";
import type { Message } from "./messages.ts";

const retryTicks = 15;
const longestPauseMicroseconds = 400_000;

interface Asking {
  readonly message: Message;
  readonly invocation: Invocation;
  /** It was begun after the faults. */
  readonly last: boolean;
  ageTicks: number;
}

export class UnanimousPerson implements Person<Message> {
  readonly resident = {
    busy: false,
    post: (_from: Address, message: Message): void => this.#take(message),
    turn: (): void => undefined,
    tick: (): void => this.#tick(),
  };
  satisfied = false;
  readonly #surroundings: PersonSurroundings<Message>;
  readonly #process: number;
  #asking: Asking | undefined;
  #asked = 0;
  #finishing = false;

  constructor(surroundings: PersonSurroundings<Message>) {
    this.#surroundings = surroundings;
    this.#process = surroundings.history.newProcess();
  }

  begin(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, longestPauseMicroseconds), () => {
      if (this.#asking === undefined && !this.#finishing) this.#ask();
    });
  }

  finish(): void {
    this.#finishing = true;
    if (this.#asking === undefined) this.#ask();
  }

  #ask(): void {
    const { address, history } = this.#surroundings;
    this.#asked += 1;
    const text = `${address}-${this.#asked}`;
    const message: Message = { kind: "Request", value: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) };
    const invocation = history.invoke(this.#process, "propose", "register", text);
    this.#asking = { message, invocation, last: this.#finishing, ageTicks: 0 };
    this.#surroundings.send(addressOf("proposer", 1), message);
  }

  #take(message: Message): void {
    const asking = this.#asking;
    if (message.kind !== "Response" || asking === undefined) return;
    asking.invocation.ok(String.fromCharCode(...message.value));
    this.#asking = undefined;
    this.satisfied = asking.last;
    if (!this.#finishing) this.begin();
    else if (!this.satisfied) this.#ask();
  }

  #tick(): void {
    if (this.#asking === undefined) return;
    this.#asking.ageTicks += 1;
    if (this.#asking.ageTicks % retryTicks !== 0) return;
    this.#surroundings.send(addressOf("proposer", 1), this.#asking.message);
  }
}
