/**
 * The cast of a Fast Byzantine Paxos scenario: six nodes with a proposer, an acceptor and a learner each, and clients
 * whose requests go to all proposers. A liar is the real role, with what it says changed on its way out.
 */
import { everyReplica, fastByzantine, nodeOf, roleOf, type Address, type Envelope } from "@synod/protocol";
import { PatchedRole, rewrite } from "../museum/patched-role.ts";
import { showBytes } from "../show.ts";
import { Stage } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf, LearnedValues, snapshotShown } from "./learned.ts";
import { learnerCast } from "./replica.ts";

type Message = fastByzantine.Message;

/** What a role says in the place of what it should; undefined for nothing. */
export type Lie = (from: Address, envelope: Envelope<Message>) => Envelope<Message> | undefined;

export interface FastByzantineSettings {
  readonly lie?: Lie;
}

/** Of the usual proportions, but in units of a message's way: what is told regularly is rare, so that the flow can be read. */
const usual = { heartbeatTicks: 40, electionTicks: 80, retryTicks: 16, catchUpTicks: 6 };

const nodeCount = 6;

export class FastByzantinePlay {
  readonly stage: Stage<Message, fastByzantine.Entry, fastByzantine.Delivery>;
  readonly nodes: readonly number[];
  readonly #script = new Script();
  readonly #sessions = new Map<number, number>();
  readonly #sequences = new Map<number, number>();
  readonly #learned = new LearnedValues();
  /** When the liars begin to lie. */
  #isPlaying = false;

  constructor({ lie = (_from, envelope) => envelope }: FastByzantineSettings = {}) {
    const configuration = fastByzantine.configurationOf(nodeCount, { timing: usual });
    this.nodes = configuration.nodes;
    const { layout, asEntry, slotOf, seals } = fastByzantine;
    this.stage = new Stage({ layout, asEntry, slotOf, seals, showBytes: (name, bytes) => this.#show(name, bytes) });
    type Role = fastByzantine.Proposer | fastByzantine.Acceptor;
    const spoken = (address: Address, role: Role) =>
      new PatchedRole<Message, fastByzantine.Entry, fastByzantine.Delivery>(role, () => ({
        output: ({ send, sendAfterPersist }) => {
          if (!this.#isPlaying) return;
          for (const sent of [send, sendAfterPersist]) rewrite(sent, (envelope) => lie(address, envelope));
        },
      }));
    for (const node of this.nodes) {
      this.stage.add(proposer(node), {
        create: () => spoken(proposer(node), new fastByzantine.Proposer(configuration, node, quickDigest)),
      });
      this.stage.add(acceptor(node), {
        create: () => spoken(acceptor(node), new fastByzantine.Acceptor(configuration, node, quickDigest)),
      });
      this.stage.add(
        learner(node),
        learnerCast<Message, fastByzantine.Entry>({
          newLearner: () => new fastByzantine.Learner(configuration, node, quickDigest),
          node,
          snapshotBytes: Infinity,
          send: (to, message) => this.stage.post(learner(node), to, message),
          later: (job) => this.stage.at(this.stage.now, job),
          applied: ({ slot, value }) => this.#learned.learn(node, slot, this.#script.show("value", value)),
          installed: (slot) => this.#learned.learn(node, slot, snapshotShown),
        }),
      );
    }
  }

  /** Before the curtain rises each client opens its session; node 1 leads, as nobody suspects it. */
  prologue(clients: number): void {
    this.stage.run(2);
    for (let number = 1; number <= clients; number++) {
      this.#send(number, this.#script.open(client(number), everyReplica));
      this.stage.run(this.stage.now + 6);
    }
    // Just after all have said how far they are, so that the play begins in quiet.
    this.stage.run(3 * usual.heartbeatTicks + 4);
    for (const { to, message } of this.stage.received) {
      const session = message.kind === "Response" ? this.#script.sessionOf(message.reply) : undefined;
      if (session !== undefined) this.#sessions.set(to, session);
    }
    this.#learned.raiseCurtain();
    this.stage.raiseCurtain();
    this.#isPlaying = true;
  }

  /** A client asks all proposers for a line in the journal, now. */
  request(number: number, text: string): void {
    const session = this.#sessions.get(client(number));
    if (session === undefined) throw new Error(`client ${number} has no session`);
    const sequence = (this.#sequences.get(number) ?? 0) + 1;
    this.#sequences.set(number, sequence);
    this.#send(number, this.#script.line(client(number), everyReplica, session, sequence, text));
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
    const { chosen, learned } = this.#learned;
    return { summary, chosen, learned, answered: answersOf(this.stage.received, this.#script) };
  }

  /** Digests by their first bytes, and commands end to end as values are. */
  #show(name: string, bytes: Uint8Array): string {
    if (name === "digest") return showBytes(bytes).slice(0, 6);
    return this.#script.show(name === "commands" ? "value" : name, bytes);
  }

  #send(number: number, command: Uint8Array): void {
    for (const node of this.nodes) {
      this.stage.post(client(number), proposer(node), { kind: "Request", sequence: this.stage.now, command });
    }
  }
}

/** Only what this role of this node sends is a lie. */
export function liesOf(role: "proposer" | "acceptor", node: number, lie: Lie): Lie {
  return (from, envelope) => (roleOf(from) === role && nodeOf(from) === node ? lie(from, envelope) : envelope);
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
