/**
 * The cast of a Fast Paxos scenario: nodes with a proposer, an acceptor and a learner each, and clients whose requests go
 * to all acceptors.
 */
import { fast, type Address, type RoleStatus } from "@synod/protocol";
import { seededRandom } from "../random.ts";
import { Stage, type Delay } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf, LearnedValues, snapshotShown } from "./learned.ts";
import { learnerCast } from "./replica.ts";

export interface FastSettings {
  readonly nodes?: number;
  readonly clients?: number;
  readonly quorums?: fast.FastQuorums;
  readonly recovery?: fast.Recovery;
  readonly fallBack?: fast.FallBack;
}

/** Of the usual proportions, but in units of a message's way: heartbeats are few, so that the flow can be read. */
const usual: fast.Timing = { heartbeatTicks: 20, electionTicks: 50, retryTicks: 12, catchUpTicks: 4 };

/** A request of a client, to be sent again. */
export interface FastTicket {
  readonly client: number;
  readonly command: Uint8Array;
}

export class FastPlay {
  readonly stage: Stage<fast.Message, fast.Entry, fast.Delivery>;
  readonly nodes: readonly number[];
  readonly #script = new Script();
  readonly #sessions = new Map<number, number>();
  readonly #sequences = new Map<number, number>();
  readonly #learned = new LearnedValues();

  constructor({ nodes: count = 4, ...changes }: Omit<FastSettings, "clients"> = {}) {
    const configuration = fast.configurationOf(count, { timing: usual, ...changes });
    this.nodes = configuration.nodes;
    const { layout, asEntry, slotOf } = fast;
    this.stage = new Stage({ layout, asEntry, slotOf, showBytes: this.#script.show });
    for (const node of this.nodes) {
      // Node 1 is the first to try to lead; who is next, the seeds say.
      const later = seededRandom(node);
      const random = node === 1 ? () => 0 : () => (this.stage.now < usual.retryTicks ? 1 - 1e-9 : later());
      this.stage.add(proposer(node), { create: () => new fast.Proposer(configuration, node, random) });
      this.stage.add(acceptor(node), { create: () => new fast.Acceptor(configuration, node) });
      this.stage.add(
        learner(node),
        learnerCast<fast.Message, fast.Entry>({
          newLearner: () => new fast.Learner(configuration, node),
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

  /** Before the curtain rises node 1 becomes the leader and says Any, and each client opens its session. */
  prologue(clients: number): void {
    this.stage.run(usual.retryTicks);
    for (let number = 1; number <= clients; number++) {
      this.send({ client: number, command: this.#script.open(client(number), 1) });
      this.stage.run(this.stage.now + 4);
    }
    // Just after a heartbeat, so that the play begins in quiet.
    const { heartbeatTicks } = usual;
    this.stage.run((Math.floor(this.stage.now / heartbeatTicks) + 1) * heartbeatTicks + 4);
    for (const { to, message } of this.stage.received) {
      const session = message.kind === "Response" ? this.#script.sessionOf(message.reply) : undefined;
      if (session !== undefined) this.#sessions.set(to, session);
    }
    this.#learned.raiseCurtain();
    this.stage.raiseCurtain();
  }

  /** A client asks all acceptors for a line in the journal, now; the learner of node `at` shall answer. */
  request(number: number, text: string, at = 1): FastTicket {
    const session = this.#sessions.get(client(number));
    if (session === undefined) throw new Error(`client ${number} has no session`);
    const sequence = (this.#sequences.get(number) ?? 0) + 1;
    this.#sequences.set(number, sequence);
    const ticket = { client: number, command: this.#script.line(client(number), at, session, sequence, text) };
    this.send(ticket);
    return ticket;
  }

  /** Sends a request to all acceptors. */
  send({ client: number, command }: FastTicket): void {
    for (const node of this.nodes) {
      this.stage.post(client(number), acceptor(node), { kind: "Request", sequence: this.stage.now, command });
    }
  }

  /** It is late: it goes to the leader as well. */
  sendLate(ticket: FastTicket, leader = 1): void {
    this.send(ticket);
    const { client: number, command } = ticket;
    this.stage.post(client(number), proposer(leader), { kind: "Request", sequence: this.stage.now, command });
  }

  crashNodes(...nodes: readonly number[]): void {
    this.stage.crash(...nodes.flatMap(rolesOf));
  }

  restartNodes(...nodes: readonly number[]): void {
    this.stage.restart(...nodes.flatMap(rolesOf));
  }

  /** Goes on until something is so of the proposer that leads, and returns its node. */
  awaitLeader(nodes: readonly number[], isSo: (status: RoleStatus) => boolean = () => true): number {
    const end = this.stage.now + 20 * usual.electionTicks;
    while (this.stage.now < end) {
      this.stage.run(this.stage.now);
      const leader = nodes.find((node) => {
        const status = this.stage.role(proposer(node)).status();
        return status["state"] === "leading" && isSo(status);
      });
      if (leader === undefined) continue;
      this.stage.note(`proposer ${leader} leads`);
      return leader;
    }
    throw new Error(`none of the nodes ${nodes.join(", ")} leads after ${end} units`);
  }

  outcome(summary: string): Outcome {
    return {
      summary,
      chosen: this.#learned.chosen,
      learned: this.#learned.learned,
      answered: answersOf(this.stage.received, this.#script),
    };
  }
}

function rolesOf(node: number): readonly Address[] {
  return [proposer(node), acceptor(node), learner(node)];
}

/** Requests of client 1 come first to the acceptors of `nodes`, those of client 2 to the others. */
export function split(...nodes: readonly number[]): Delay<fast.Message> {
  const first = nodes.map(acceptor);
  return (from, to, { kind }) => {
    if (kind !== "Request") return 1;
    return first.includes(to) === (from === client(1)) ? 1 : 2;
  };
}

/** A scenario of the protocol fast that begins when node 1 leads, has said Any, and the clients have sessions. */
export function fastScenario(
  name: string,
  title: string,
  settings: () => FastSettings,
  play: (play: FastPlay) => string,
): Scenario {
  const run = (): Trace => {
    const { clients = 1, ...chosen } = settings();
    const cast = new FastPlay(chosen);
    cast.prologue(clients);
    return traceOf(name, cast, play(cast));
  };
  return { protocol: "fast", name, title, run };
}

export function traceOf(name: string, cast: FastPlay, summary: string): Trace {
  const { messages, notes } = cast.stage;
  return { protocol: "fast", scenario: name, messages, notes, outcome: cast.outcome(summary) };
}
