/**
 * Two scenarios: nothing goes wrong, and one node is down.
 */
import { addressOf, type Address } from "@synod/protocol";
import { showValue } from "../../src/show.ts";
import { Stage } from "../../src/stage.ts";
import type { Scenario, Trace } from "../../src/trace.ts";
import { Acceptor } from "./acceptor.ts";
import { Learner } from "./learner.ts";
import { asEntry, layout, type Delivery, type Entry, type Message } from "./messages.ts";
import { Proposer } from "./proposer.ts";

const nodes = [1, 2, 3];
const proposer = addressOf("proposer", 1);
const retryTicks = 12;

class Play {
  readonly stage = new Stage<Message, Entry, Delivery>({ layout, asEntry, slotOf: () => 0 });
  readonly #learned: Record<string, string[]> = {};

  constructor() {
    const acceptors = nodes.length;
    const learners = nodes.map((node) => addressOf("learner", node));
    this.stage.add(proposer, { create: () => new Proposer({ acceptors, retryTicks }) });
    for (const node of nodes) {
      this.stage.add(addressOf("acceptor", node), { create: () => new Acceptor({ proposer, learners }) });
      const learned: string[] = (this.#learned[`learner ${node}`] = []);
      this.stage.add(addressOf("learner", node), {
        create: () => new Learner({ acceptors, retryTicks }),
        deliver: ({ value }) => learned.push(showValue(value)),
      });
    }
  }

  request(client: Address, text: string): void {
    const value = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    this.stage.post(client, proposer, { kind: "Request", value });
  }

  trace(scenario: string, summary: string): Trace {
    const { messages, notes, received } = this.stage;
    const answered = received.map(({ message }) => (message.kind === "Response" ? showValue(message.value) : ""));
    const [chosen] = Object.values(this.#learned).flat();
    return {
      protocol: "unanimous",
      scenario,
      messages,
      notes,
      outcome: {
        summary,
        chosen: chosen === undefined ? [] : [chosen],
        learned: this.#learned,
        answered: { "client 1": answered },
      },
    };
  }
}

export const unanimousScenarios: readonly Scenario[] = [
  {
    protocol: "unanimous",
    name: "no-failure",
    title: "All acceptors vote, and the client is answered",
    run() {
      const play = new Play();
      play.request(addressOf("client", 1), "V");
      play.stage.run(10);
      return play.trace("no-failure", "All three have voted for V: it is chosen.");
    },
  },
  {
    protocol: "unanimous",
    name: "node-fails",
    title: "One node is down: nobody is answered until it is back",
    run() {
      const play = new Play();
      play.stage.crash(addressOf("acceptor", 3), addressOf("learner", 3));
      play.request(addressOf("client", 1), "V");
      play.stage.at(20, () => play.stage.restart(addressOf("acceptor", 3), addressOf("learner", 3)));
      play.stage.run(34);
      return play.trace("node-fails", "Two of three votes choose nothing: it waits for node 3.");
    },
  },
];
