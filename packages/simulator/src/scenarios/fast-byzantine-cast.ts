/**
 * The cast of a Fast Byzantine Paxos scenario: six nodes, of which one may lie, and clients that ask all proposers.
 */
import { everyReplica, fastByzantine } from "@synod/protocol";
import { Stage } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { client } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf } from "./learned.ts";
import { LyingNodes, shownDigest, type Lie } from "./lying-nodes.ts";

type Message = fastByzantine.Message;

export interface FastByzantineSettings {
  readonly lie?: Lie<Message>;
}

/** Of the usual proportions, but in units of a message's way: what is told regularly is rare, so that the flow can be read. */
const usual = { heartbeatTicks: 40, electionTicks: 80, retryTicks: 16, catchUpTicks: 6 };

const nodeCount = 6;

export class FastByzantinePlay {
  readonly stage: Stage<Message, fastByzantine.Entry, fastByzantine.Delivery>;
  readonly #script = new Script();
  readonly #sessions = new Map<number, number>();
  readonly #sequences = new Map<number, number>();
  readonly #nodes: LyingNodes<Message, fastByzantine.Entry>;

  constructor({ lie = (_from, envelope) => envelope }: FastByzantineSettings = {}) {
    const configuration = fastByzantine.configurationOf(nodeCount, { timing: usual });
    const { layout, asEntry, slotOf, seals } = fastByzantine;
    this.stage = new Stage({ layout, asEntry, slotOf, seals, showBytes: (name, bytes) => this.#show(name, bytes) });
    this.#nodes = new LyingNodes({
      nodes: configuration.nodes,
      stage: this.stage,
      script: this.#script,
      newProposer: (node) => new fastByzantine.Proposer(configuration, node, quickDigest),
      newAcceptor: (node) => new fastByzantine.Acceptor(configuration, node, quickDigest),
      newLearner: (node) => new fastByzantine.Learner(configuration, node, quickDigest),
      lie,
      post: (from, to, message) => this.stage.post(from, to, message),
    });
  }

  /** Before the curtain rises each client opens its session; node 1 leads, as nobody suspects it. */
  prologue(clients: number): void {
    this.stage.run(2);
    for (let number = 1; number <= clients; number++) {
      this.#nodes.request(number, this.#script.open(client(number), everyReplica));
      this.stage.run(this.stage.now + 6);
    }
    // Just after all have said how far they are, so that the play begins in quiet.
    this.stage.run(3 * usual.heartbeatTicks + 4);
    for (const { to, message } of this.stage.received) {
      const session = message.kind === "Response" ? this.#script.sessionOf(message.reply) : undefined;
      if (session !== undefined) this.#sessions.set(to, session);
    }
    this.#nodes.raiseCurtain();
  }

  /** A client asks all proposers for a line in the journal, now. */
  request(number: number, text: string): void {
    const session = this.#sessions.get(client(number));
    if (session === undefined) throw new Error(`client ${number} has no session`);
    const sequence = (this.#sequences.get(number) ?? 0) + 1;
    this.#sequences.set(number, sequence);
    this.#nodes.request(number, this.#script.line(client(number), everyReplica, session, sequence, text));
  }

  /** Goes on until a client has so many equal answers to what it asked last, and returns when that was. */
  awaitAnswers(number: number, count: number): number {
    const end = this.stage.now + 20 * usual.electionTicks;
    while (this.stage.now < end) {
      const answers = this.stage.received.filter(({ to, message }) => to === client(number) && "reply" in message);
      if (answers.length >= count) return this.stage.now;
      this.stage.run(this.stage.now);
    }
    throw new Error(`client ${number} has no ${count} answers after ${end} units`);
  }

  outcome(summary: string): Outcome {
    const { chosen, learned } = this.#nodes.learned;
    return { summary, chosen, learned, answered: answersOf(this.stage.received, this.#script) };
  }

  /** Digests by their first bytes, and commands end to end as values are. */
  #show(name: string, bytes: Uint8Array): string {
    return shownDigest(name, bytes) ?? this.#script.show(name === "commands" ? "value" : name, bytes);
  }
}

export function fastByzantineScenario(
  name: string,
  title: string,
  settings: FastByzantineSettings,
  play: (play: FastByzantinePlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = new FastByzantinePlay(settings);
    cast.prologue(1);
    const summary = play(cast);
    const { messages, notes } = cast.stage;
    return { protocol: "fast-byzantine", scenario: name, messages, notes, outcome: cast.outcome(summary) };
  };
  return { protocol: "fast-byzantine", name, title, run };
}
