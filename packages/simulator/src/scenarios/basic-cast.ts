/**
 * The cast of a basic scenario: clients, proposers, acceptors and learners, and what they came to.
 */
import { basic, majority, showAddress, type Address, type QuorumSystem } from "@synod/protocol";
import { showValue } from "../show.ts";
import { Stage, type Sent, type StageTimes } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";

/** A value that reads as it is written. */
export const value = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export interface BasicSettings {
  readonly proposers?: number;
  readonly learners?: number;
  readonly clients?: number;
  readonly quorums?: QuorumSystem;
  readonly learning?: basic.Learning;
  readonly delay?: (proposer: number) => basic.RetryDelay;
  readonly distinguished?: number;
  readonly times?: StageTimes;
}

/** Units before a role sends again what was not answered: long enough for three round trips. */
const retryTicks = 12;

export class BasicPlay {
  readonly stage: Stage<basic.Message, basic.Entry, basic.Delivery>;
  readonly #quorums: QuorumSystem;
  readonly #learned = new Map<string, string[]>();

  constructor(settings: BasicSettings = {}) {
    const { proposers = 1, learners = 2, clients = 1, quorums = majority(3), learning = { way: "every" } } = settings;
    const { delay = () => basic.fixedDelay(1), distinguished, times } = settings;
    this.#quorums = quorums;
    this.stage = new Stage({ layout: basic.layout, asEntry: basic.asEntry, slotOf: () => 0 }, times);
    const audience = from(learners, learner);
    for (let node = 1; node <= proposers; node++) {
      const options = { node, proposers, quorums, retryTicks, delay: delay(node) };
      const role = distinguished === undefined ? options : { ...options, distinguished };
      this.stage.add(proposer(node), { create: () => new basic.Proposer(role) });
    }
    const told = basic.toldByAcceptors(learning, audience);
    for (let node = 1; node <= quorums.acceptors; node++) {
      this.stage.add(acceptor(node), { create: () => new basic.Acceptor({ proposers, learners: told }) });
    }
    for (const address of audience) {
      const tells = basic.toldByLearner(learning, audience, address);
      const options = { quorums, proposers, tells, clients: from(clients, client), retryTicks };
      this.#learned.set(showAddress(address), []);
      this.stage.add(address, {
        create: () => new basic.Learner(options),
        deliver: (delivery) => this.#learned.get(showAddress(address))?.push(showValue(delivery.value)),
      });
    }
  }

  /** Client `number` asks a proposer for a value, now. */
  request(number: number, node: number, text: string): void {
    this.stage.post(client(number), proposer(node), { kind: "Request", value: value(text) });
  }

  outcome(summary: string): Outcome {
    return {
      summary,
      chosen: this.#chosen(),
      learned: Object.fromEntries(this.#learned),
      answered: answersOf(this.stage.received),
    };
  }

  /** What a quorum of acceptors voted for in one ballot, whoever has learned it: the votes that left them say so. */
  #chosen(): readonly string[] {
    const voters = new Map<string, Set<string>>();
    const chosen = new Set<string>();
    for (const { kind, from: voter, ballot, value: voted } of this.stage.messages) {
      if (kind !== "Accepted") continue;
      const proposal = `${String(ballot)} ${String(voted)}`;
      const voting = (voters.get(proposal) ?? new Set()).add(voter);
      voters.set(proposal, voting);
      if (voting.size >= this.#quorums.phase2) chosen.add(String(voted));
    }
    return [...chosen];
  }
}

function from(count: number, name: (node: number) => Address): readonly Address[] {
  return Array.from({ length: count }, (_, index) => name(index + 1));
}

function answersOf(received: readonly Sent<basic.Message>[]): Record<string, readonly string[]> {
  const answers: Record<string, string[]> = {};
  for (const { to, message } of received) {
    if (message.kind === "Response") (answers[showAddress(to)] ??= []).push(showValue(message.value));
  }
  return answers;
}

/** Is it a message of this kind, to this role? */
export function isSent(kind: basic.Message["kind"], to: Address): (sent: Sent<basic.Message>) => boolean {
  return (sent) => sent.message.kind === kind && sent.to === to;
}

/** A scenario of the protocol basic: `play` acts and returns the summary. */
export function basicScenario(
  name: string,
  title: string,
  settings: () => BasicSettings,
  play: (play: BasicPlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = new BasicPlay(settings());
    const summary = play(cast);
    const { messages, notes } = cast.stage;
    return { protocol: "basic", scenario: name, messages, notes, outcome: cast.outcome(summary) };
  };
  return { protocol: "basic", name, title, run };
}
