/**
 * A client of named decrees: it proposes a value for a name, and is told which value was chosen for that name, be it its
 * own or another's that came first.
 */
import { addressOf, type basic } from "@synod/protocol";
import type { CallOptions } from "./admission.ts";
import { Calls, type Call } from "./calls.ts";
import { Overloaded } from "./errors.ts";
import { Guest, type GuestOptions } from "./guest.ts";
import { nodeAfter } from "./target.ts";
import { decodeText, encodeKey, encodeValue } from "./texts.ts";

export interface DecreeClientOptions extends GuestOptions {
  /** The nodes, each of which has a proposer and a learner. */
  readonly nodes: readonly number[];
}

/** What is proposed, and the node that is asked. */
interface Proposal {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  node: number;
}

export class DecreeClient extends Guest<basic.NamedMessage> {
  readonly #nodes: readonly number[];
  readonly #calls: Calls<basic.NamedMessage, Proposal, string>;
  /** The node that is asked first. */
  #node: number;

  constructor({ nodes, ...options }: DecreeClientOptions) {
    super(options);
    this.#nodes = nodes;
    this.#node = nodes[0] ?? 1;
    this.#calls = this.seat(
      new Calls({
        ...this.ground,
        ask: (call, inVain) => this.#ask(call, inVain),
        take: (message) => this.#take(message),
      }),
    );
  }

  /**
   * Proposes `value` for `name`; resolves with the value that is chosen for the name, once and for ever.
   *
   * Rejects with Timeout, with Overloaded when the nodes hold as many decrees as they may, with LimitError when name or
   * value is too large, with Cancelled or with Closed. After a Timeout the value may still be chosen.
   */
  async propose(name: string, value: string, options?: CallOptions): Promise<string> {
    const proposal = { name: encodeKey(name), value: encodeValue(value), node: this.#node };
    return this.#calls.call(nameOf(proposal.name), proposal, options);
  }

  /** The proposer is asked to have it chosen, and the learner beside it to tell what is. */
  #ask({ asked }: Call<Proposal, string>, inVain: boolean): void {
    if (inVain) {
      asked.node = nodeAfter(this.#nodes, asked.node);
      // Whoever did not answer is not asked first next time.
      this.#node = asked.node;
    }
    const { node, name, value } = asked;
    this.ground.send(addressOf("proposer", node), { kind: "Request", name, value });
    this.ground.send(addressOf("learner", node), { kind: "Inquire", name });
  }

  #take(message: basic.NamedMessage): void {
    if (message.kind !== "Response" && message.kind !== "Full") return;
    for (const call of this.#calls.named(nameOf(message.name))) {
      if (message.kind === "Response") this.#calls.answer(call, decodeText(message.value));
      else this.#calls.fail(call, new Overloaded({ message: fullMessage, mayTakeEffect: true }));
    }
  }
}

const fullMessage = "overloaded: the nodes hold as many decrees as they may";

/** Bytes as they are: not all of them are texts. */
function nameOf(name: Uint8Array): string {
  return Buffer.from(name).toString("latin1");
}
