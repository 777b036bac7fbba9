/**
 * The cast of a Byzantine Paxos scenario: four nodes, of which one may lie, and a client that asks all proposers.
 */
import { byzantine, everyReplica } from "@synod/protocol";
import { Stage } from "../stage.ts";
import type { Scenario, Trace } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf } from "./learned.ts";
import { LyingNodes, shownDigest, type Lie } from "./lying-nodes.ts";

type Message = byzantine.Message;

/** In units of a message's way: checkpoints are rare, so that the flow can be read. */
const timing = { heartbeatTicks: 60, electionTicks: 30, retryTicks: 70, catchUpTicks: 4 };

export class ByzantinePlay {
  readonly stage: Stage<Message, byzantine.Entry, byzantine.Delivery>;
  readonly #script = new Script();
  readonly #nodes: LyingNodes<Message, byzantine.Entry>;
  #session: number | undefined;
  #sequence = 0;

  constructor(lie: Lie<Message> = (_from, envelope) => envelope) {
    const configuration = byzantine.configurationOf(4, quickDigest, { timing });
    const { layout, asEntry, slotOf } = byzantine;
    const seals = byzantine.newSeals(quickDigest);
    this.stage = new Stage({ layout, asEntry, slotOf, seals, showBytes: (name, bytes) => this.#show(name, bytes) });
    this.#nodes = new LyingNodes({
      nodes: configuration.nodes,
      stage: this.stage,
      script: this.#script,
      newProposer: (node) => new byzantine.Proposer(configuration, node),
      newAcceptor: (node) => new byzantine.Acceptor(configuration, node),
      newLearner: (node) => new byzantine.Learner(configuration, node),
      lie,
      post: (from, to, message) => this.stage.post(from, to, message),
    });
  }

  /** Before the curtain rises the client opens its session; node 1 leads, as nobody suspects it. */
  prologue(): void {
    this.stage.run(3);
    this.#nodes.request(1, this.#script.open(client(1), everyReplica));
    // Just after all have said how far they are, so that the play begins in quiet.
    this.stage.run(2 * timing.heartbeatTicks + 6);
    for (const { message } of this.stage.received) {
      if (message.kind === "Response") this.#session = this.#script.sessionOf(message.reply) ?? this.#session;
    }
    this.#nodes.raiseCurtain();
  }

  /** The client asks all proposers for a line in the journal, now. */
  request(text: string): void {
    if (this.#session === undefined) throw new Error("the client has no session");
    this.#sequence += 1;
    this.#nodes.request(1, this.#script.line(client(1), everyReplica, this.#session, this.#sequence, text));
  }

  /** All roles of a node stop. */
  silence(node: number): void {
    this.stage.crash(proposer(node), acceptor(node), learner(node));
  }

  /** Goes on until the client has so many answers. */
  awaitAnswers(count: number): void {
    const end = this.stage.now + 20 * timing.electionTicks;
    while (this.stage.now < end) {
      if (this.stage.received.filter(({ message }) => message.kind === "Response").length >= count) return;
      this.stage.run(this.stage.now);
    }
    throw new Error(`the client has no ${count} answers after ${end} units`);
  }

  trace(scenario: string, summary: string): Trace {
    const { chosen, learned } = this.#nodes.learned;
    const { messages, notes, received } = this.stage;
    const outcome = { summary, chosen, learned, answered: answersOf(received, this.#script) };
    return { protocol: "byzantine", scenario, messages, notes, outcome };
  }

  #show(name: string, bytes: Uint8Array): string {
    return shownDigest(name, bytes) ?? (name === "signature" ? "signed" : this.#script.show(name, bytes));
  }
}

export function byzantineScenario(
  name: string,
  title: string,
  lie: Lie<Message> | undefined,
  play: (play: ByzantinePlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = new ByzantinePlay(lie);
    cast.prologue();
    const summary = play(cast);
    return cast.trace(name, summary);
  };
  return { protocol: "byzantine", name, title, run };
}
