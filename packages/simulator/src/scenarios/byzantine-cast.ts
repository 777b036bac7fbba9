/**
 * The cast of a Byzantine Paxos scenario: four nodes with a proposer, an acceptor and a learner each, and a client whose
 * requests go to all proposers. A liar is the real role, with what it says changed on its way out.
 */
import { byzantine, everyReplica, nodeOf, roleOf, type Address, type Envelope } from "@synod/protocol";
import { PatchedRole, rewrite } from "../museum/patched-role.ts";
import { showBytes } from "../show.ts";
import { Stage } from "../stage.ts";
import type { Scenario, Trace } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf, LearnedValues, snapshotShown } from "./learned.ts";
import { learnerCast } from "./replica.ts";

type Message = byzantine.Message;

/** What a role says in the place of what it should; undefined for nothing. */
export type Lie = (from: Address, envelope: Envelope<Message>) => Envelope<Message> | undefined;

/** Only what this role of this node sends is a lie. */
export function liesOf(role: "proposer" | "acceptor", node: number, lie: Lie): Lie {
  return (from, envelope) => (roleOf(from) === role && nodeOf(from) === node ? lie(from, envelope) : envelope);
}

const truth: Lie = (_from, envelope) => envelope;

/** In units of a message's way: checkpoints are rare, so that the flow can be read. */
const timing = { heartbeatTicks: 60, electionTicks: 30, retryTicks: 70, catchUpTicks: 4 };

export class ByzantinePlay {
  readonly stage: Stage<Message, byzantine.Entry, byzantine.Delivery>;
  readonly nodes: readonly number[];
  readonly #script = new Script();
  readonly #learned = new LearnedValues();
  #session: number | undefined;
  #sequence = 0;
  #isPlaying = false;

  constructor(lie: Lie = truth) {
    const configuration = byzantine.configurationOf(4, quickDigest, { timing });
    this.nodes = configuration.nodes;
    const { layout, asEntry, slotOf } = byzantine;
    const seals = byzantine.newSeals(quickDigest);
    this.stage = new Stage({ layout, asEntry, slotOf, seals, showBytes: (name, bytes) => this.#show(name, bytes) });
    const spoken = (address: Address, role: byzantine.Proposer | byzantine.Acceptor) =>
      new PatchedRole<Message, byzantine.Entry, byzantine.Delivery>(role, () => ({
        output: ({ send, sendAfterPersist }) => {
          if (!this.#isPlaying) return;
          for (const sent of [send, sendAfterPersist]) rewrite(sent, (envelope) => lie(address, envelope));
        },
      }));
    for (const node of this.nodes) {
      const [first, second, third] = [proposer(node), acceptor(node), learner(node)];
      this.stage.add(first, { create: () => spoken(first, new byzantine.Proposer(configuration, node)) });
      this.stage.add(second, { create: () => spoken(second, new byzantine.Acceptor(configuration, node)) });
      this.stage.add(
        third,
        learnerCast<Message, byzantine.Entry>({
          newLearner: () => new byzantine.Learner(configuration, node),
          node,
          snapshotBytes: Infinity,
          send: (to, message) => this.stage.post(third, to, message),
          later: (job) => this.stage.at(this.stage.now, job),
          applied: ({ slot, value }) => this.#learned.learn(node, slot, this.#script.show("value", value)),
          installed: (slot) => this.#learned.learn(node, slot, snapshotShown),
        }),
      );
    }
  }

  /** Before the curtain rises the client opens its session; node 1 leads, as nobody suspects it. */
  prologue(): void {
    this.stage.run(3);
    this.#send(this.#script.open(client(1), everyReplica));
    // Just after all have said how far they are, so that the play begins in quiet.
    this.stage.run(2 * timing.heartbeatTicks + 6);
    for (const { message } of this.stage.received) {
      if (message.kind === "Response") this.#session = this.#script.sessionOf(message.reply) ?? this.#session;
    }
    this.#learned.raiseCurtain();
    this.stage.raiseCurtain();
    this.#isPlaying = true;
  }

  /** The client asks all proposers for a line in the journal, now. */
  request(text: string): void {
    if (this.#session === undefined) throw new Error("the client has no session");
    this.#sequence += 1;
    this.#send(this.#script.line(client(1), everyReplica, this.#session, this.#sequence, text));
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
    const { chosen, learned } = this.#learned;
    const { messages, notes, received } = this.stage;
    const outcome = { summary, chosen, learned, answered: answersOf(received, this.#script) };
    return { protocol: "byzantine", scenario, messages, notes, outcome };
  }

  #show(name: string, bytes: Uint8Array): string {
    if (name === "digest") return showBytes(bytes).slice(0, 6);
    return name === "signature" ? "signed" : this.#script.show(name, bytes);
  }

  #send(command: Uint8Array): void {
    for (const node of this.nodes) {
      this.stage.post(client(1), proposer(node), { kind: "Request", sequence: this.stage.now, command });
    }
  }
}

export function byzantineScenario(
  name: string,
  title: string,
  lie: Lie | undefined,
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
