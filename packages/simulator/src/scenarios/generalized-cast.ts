/**
 * The cast of a Generalized Paxos scenario: nodes with a proposer, an acceptor and a learner each, and clients that send
 * to all acceptors.
 */
import { generalized, showAddress, type Address } from "@synod/protocol";
import { newInterference, newKeyValueMachine, Replica } from "@synod/machines";
import { Stage } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Registers } from "./registers.ts";

export interface GeneralizedSettings {
  readonly clients?: number;
  /** Commands of an instance, past which it is closed; plenty unless given. */
  readonly historyCommands?: number;
  /** When the leader falls back to classic ballots; late enough for a play unless given. */
  readonly fallBack?: generalized.FallBack;
}

/** In units of a message's way: heartbeats are few, so that the flow can be read. */
const timing: generalized.Configuration["timing"] = {
  heartbeatTicks: 40,
  electionTicks: 60,
  retryTicks: 30,
  catchUpTicks: 20,
};

const quietUnits = 2;

export class GeneralizedPlay {
  readonly stage: Stage<generalized.Message, generalized.Entry, generalized.Delivery>;
  readonly nodes: readonly number[];
  readonly #registers = new Registers();
  readonly #sessions = new Map<number, number>();
  readonly #sequences = new Map<number, number>();
  /** Of each learner, what it has learned since the curtain rose, in its own order. */
  readonly #learned = new Map<string, string[]>();
  #reads = 0;

  constructor({ historyCommands, fallBack = generalized.fallBack }: GeneralizedSettings = {}) {
    const usual = generalized.configurationOf(4, { timing, fallBack });
    const limits = { ...usual.limits, historyCommands: historyCommands ?? usual.limits.historyCommands };
    const configuration = { ...usual, limits };
    const interference = newInterference(newKeyValueMachine());
    const { layout, asEntry, slotOf } = generalized;
    this.nodes = configuration.nodes;
    this.stage = new Stage({ layout, asEntry, slotOf, showBytes: this.#registers.show });
    for (const node of this.nodes) {
      // Node 1 is the first to try to lead, and when it is gone node 2.
      const random = node === 1 ? () => 0 : () => (this.stage.now < timing.retryTicks ? 1 - 1e-9 : (node - 2) / 3);
      this.stage.add(proposer(node), {
        create: () => new generalized.Proposer(configuration, interference, node, random),
      });
      this.stage.add(acceptor(node), { create: () => new generalized.Acceptor(configuration, node) });
      this.#addLearner(configuration, interference, node);
    }
  }

  /** Before the curtain rises node 1 becomes the leader, and each client opens its session. */
  prologue(clients: number): void {
    this.stage.run(5);
    for (let number = 1; number <= clients; number++) {
      this.#send(number, this.#registers.open(client(number), number));
      // One after the other: openings interfere.
      this.stage.run(this.stage.now + 5);
    }
    for (const { to, message } of this.stage.received) {
      const session = message.kind === "Response" ? this.#registers.sessionOf(message.reply) : undefined;
      if (session !== undefined) this.#sessions.set(to, session);
    }
    // Just after a heartbeat, so that the play begins in quiet.
    const next = timing.heartbeatTicks * Math.ceil(this.stage.now / timing.heartbeatTicks);
    this.stage.run(next + quietUnits + timing.heartbeatTicks / 4);
    this.#learned.clear();
    this.stage.raiseCurtain();
  }

  /** A client writes a register, now. */
  write(number: number, register: string, value: string): void {
    const sequence = (this.#sequences.get(number) ?? 0) + 1;
    this.#sequences.set(number, sequence);
    const session = this.#sessions.get(client(number));
    if (session === undefined) throw new Error(`client ${number} has no session`);
    this.#send(number, this.#registers.write(client(number), number, session, sequence, register, value));
  }

  /** A client reads a register, now. */
  read(number: number, register: string): void {
    this.#reads += 1;
    this.#send(number, this.#registers.read(client(number), number, this.#reads, register));
  }

  crashNodes(...nodes: readonly number[]): void {
    this.stage.crash(...nodes.flatMap((node) => [proposer(node), acceptor(node), learner(node)]));
  }

  /** What client 1 sends comes late to nodes 3 and 4, what client 2 sends to nodes 1 and 2: they see it in two orders. */
  crossOrders(): void {
    this.stage.slow((from, to) => {
      const late = from === client(1) ? [3, 4] : from === client(2) ? [1, 2] : [];
      return late.some((node) => to === acceptor(node)) ? 2 : 1;
    });
  }

  outcome(summary: string): Outcome {
    const answered: Record<string, string[]> = {};
    for (const { to, message } of this.stage.received) {
      const answer = message.kind === "Response" ? this.#registers.show("reply", message.reply) : message.kind;
      (answered[showAddress(to)] ??= []).push(answer);
    }
    const learned = Object.fromEntries(this.#learned);
    const [chosen = []] = Object.values(learned).toSorted((one, other) => other.length - one.length);
    return { summary, chosen, learned, answered };
  }

  #send(number: number, command: Uint8Array): void {
    const message: generalized.Message = { kind: "Request", sequence: 1, command };
    for (const node of this.nodes) this.stage.post(client(number), acceptor(node), message);
  }

  #addLearner(configuration: generalized.Configuration, interference: generalized.Interference, node: number): void {
    let replica = new Replica({ machine: newKeyValueMachine(), node, unordered: true });
    const respond = (to: Address, reply: Uint8Array): void =>
      this.stage.post(learner(node), to, { kind: "Response", reply });
    this.stage.add(learner(node), {
      create: () => {
        replica = new Replica({ machine: newKeyValueMachine(), node, unordered: true });
        return new generalized.Learner(configuration, interference, node);
      },
      deliver: (delivery) => {
        if (delivery.kind !== "chosen") return;
        replica.apply(delivery.slot, delivery.value, respond);
        const name = showAddress(learner(node));
        const known = this.#learned.get(name) ?? [];
        this.#learned.set(name, [...known, this.#registers.text(delivery.value)]);
      },
    });
  }
}

/** A scenario of the protocol generalized that begins when node 1 leads and the clients have sessions. */
export function generalizedScenario(
  name: string,
  title: string,
  settings: GeneralizedSettings,
  play: (play: GeneralizedPlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = new GeneralizedPlay(settings);
    cast.prologue(settings.clients ?? 1);
    const summary = play(cast);
    const { messages, notes } = cast.stage;
    return { protocol: "generalized", scenario: name, messages, notes, outcome: cast.outcome(summary) };
  };
  return { protocol: "generalized", name, title, run };
}
