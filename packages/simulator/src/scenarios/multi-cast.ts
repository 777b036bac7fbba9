/**
 * The cast of a Multi-Paxos scenario: nodes with a proposer, an acceptor and a learner each, and clients with sessions.
 */
import { cheap, limits, multi, type Address, type Change, type QuorumSystem } from "@synod/protocol";
import { Stage, type Sent } from "../stage.ts";
import { seededRandom } from "../random.ts";
import { showMembers, type ShowBytes } from "../show.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { Script } from "./journal.ts";
import { answersOf, LearnedValues, snapshotShown } from "./learned.ts";
import { learnerCast } from "./replica.ts";

export interface MultiSettings {
  readonly nodes?: number;
  /** Of these, the last ones, which are an acceptor alone: then it is Cheap Paxos. */
  readonly auxiliaries?: number;
  readonly clients?: number;
  readonly quorums?: QuorumSystem;
  readonly learning?: multi.Learning;
  readonly lease?: multi.Lease;
  readonly snapshotBytes?: number;
  readonly timing?: Partial<multi.Timing>;
  /** Nodes that may join: as many numbers as there are members are theirs without it. */
  readonly laterNodes?: number;
  /** How far ahead a leader proposes, and how far behind its slot a change of the members is in force. */
  readonly windowSlots?: number;
}

/** Of the usual proportions, but in units of a message's way: heartbeats are few, so that the flow can be read. */
const usual: multi.Timing = { heartbeatTicks: 20, electionTicks: 50, retryTicks: 12, catchUpTicks: 4 };

/** A request of a client, to be sent again. */
export interface Ticket {
  readonly client: number;
  readonly sequence: number;
  readonly text: string;
}

export class MultiPlay {
  readonly stage: Stage<multi.Message, multi.Entry, multi.Delivery>;
  readonly nodes: readonly number[];
  readonly #configuration: multi.Configuration;
  readonly #snapshotBytes: number;
  readonly #timing: multi.Timing;
  readonly #script = new Script();
  readonly #sessions = new Map<number, number>();
  readonly #sequences = new Map<number, number>();
  readonly #learned = new LearnedValues();
  /** All nodes have the same time. */
  readonly #clock = (): number => this.stage.clock;

  constructor(settings: MultiSettings = {}) {
    this.#timing = { ...usual, ...settings.timing };
    this.#snapshotBytes = settings.snapshotBytes ?? Infinity;
    this.#configuration = configurationOf(settings, this.#timing);
    this.nodes = this.#configuration.nodes;
    const { layout, asEntry, slotOf } = multi;
    this.stage = new Stage({ layout, asEntry, slotOf, showBytes: this.#script.show });
    for (const node of this.nodes) this.startNode(node);
  }

  /** A node begins, with nothing on its disk. */
  startNode(node: number): void {
    const configuration = this.#configuration;
    const newAcceptor = { create: () => new multi.Acceptor(configuration, node, this.#clock) };
    const { auxiliaries } = configuration;
    if (auxiliaries.includes(node)) return this.stage.add(acceptor(node), newAcceptor);
    // Node 1 is the first to try to lead; who is next, the seeds say.
    const later = seededRandom(node);
    const { lease } = configuration;
    const first = usual.retryTicks + (lease?.ticks ?? 0);
    const random = node === 1 ? () => 0 : () => (this.stage.now < first ? 1 - 1e-9 : later());
    this.stage.add(proposer(node), {
      create: () =>
        auxiliaries.length > 0
          ? new cheap.Proposer(configuration, node, random)
          : new multi.Proposer(configuration, node, random, { clock: this.#clock }),
      deliver: (delivery) => {
        if (delivery.kind !== "removed") return;
        this.stage.note(`node ${node} takes part no more, from slot ${delivery.from} on, and stops`);
        this.stage.at(this.stage.now, () => this.crashNodes(node));
      },
    });
    this.stage.add(acceptor(node), newAcceptor);
    this.stage.add(
      learner(node),
      learnerCast<multi.Message, multi.Entry>({
        newLearner: () => new multi.Learner(configuration, node),
        node,
        snapshotBytes: this.#snapshotBytes,
        memberships: multi.firstMemberships(configuration),
        send: (to, message) => this.stage.post(learner(node), to, message),
        later: (job) => this.stage.at(this.stage.now, job),
        applied: ({ slot, value }) => this.#learned.learn(node, slot, showLearned(value, this.#script.show)),
        installed: (slot) => this.#learned.learn(node, slot, snapshotShown),
      }),
    );
  }

  /** An administrator, who is a client, asks a node for other members. */
  reconfigure(number: number, { add = 0, remove = 0 }: Partial<Change>, node = 1): void {
    const sequence = 2000 + this.stage.now;
    this.stage.post(client(number), proposer(node), { kind: "Reconfigure", sequence, add, remove });
  }

  /** Before the curtain rises node 1 becomes the leader, and each client opens its session. */
  prologue(clients: number): void {
    // Acceptors that may have granted a lease before they started promise nothing until it is over.
    const first = this.#configuration.lease?.ticks ?? 0;
    this.stage.run(first + usual.retryTicks);
    for (let number = 1; number <= clients; number++) {
      const command = this.#script.open(client(number), 1);
      this.stage.post(client(number), proposer(1), { kind: "Request", sequence: 1, command });
    }
    // Just after a heartbeat, so that the play begins in quiet.
    this.stage.run(first + 2 * this.#timing.heartbeatTicks);
    for (const { to, message } of this.stage.received) {
      const session = message.kind === "Response" ? this.#script.sessionOf(message.reply) : undefined;
      if (session !== undefined) this.#sessions.set(to, session);
    }
    this.raiseCurtain();
  }

  /** What has happened so far is not part of the play. */
  raiseCurtain(): void {
    this.#learned.raiseCurtain();
    this.stage.raiseCurtain();
  }

  /** A client asks a node for a line in the journal, now; the same node shall answer. */
  request(number: number, text: string, node = 1): Ticket {
    const sequence = (this.#sequences.get(number) ?? 0) + 1;
    this.#sequences.set(number, sequence);
    const ticket = { client: number, sequence, text };
    this.retry(ticket, node);
    return ticket;
  }

  /** The client sends a request once more. */
  retry({ client: number, sequence, text }: Ticket, node: number): void {
    const session = this.#sessions.get(client(number));
    if (session === undefined) throw new Error(`client ${number} has no session`);
    const command = this.#script.line(client(number), node, session, sequence, text);
    this.stage.post(client(number), proposer(node), { kind: "Request", sequence, command });
  }

  /** A client asks the leader `node` to have the learner of the node `at` tell all lines. */
  read(number: number, node = 1, at = node): void {
    const sequence = 1000 + this.stage.now;
    const message: multi.Message = { kind: "Read", sequence, learner: at, query: this.#script.query(sequence) };
    this.stage.post(client(number), proposer(node), message);
  }

  crashNodes(...nodes: readonly number[]): void {
    this.stage.crash(...nodes.flatMap((node) => this.#rolesOf(node)));
  }

  restartNodes(...nodes: readonly number[]): void {
    this.stage.restart(...nodes.flatMap((node) => this.#rolesOf(node)));
  }

  /** The members, as a proposer says. */
  members(node: number): string {
    return String(this.stage.role(proposer(node)).status()["members"]);
  }

  /** Goes on until one of `nodes` leads and its first heartbeat was not refused, and returns it. */
  awaitLeader(nodes: readonly number[]): number {
    const end = this.stage.now + 20 * this.#timing.electionTicks;
    while (this.stage.now < end) {
      this.stage.run(this.stage.now);
      const leader = this.#leaderOf(nodes);
      if (leader === undefined) continue;
      this.stage.run(this.stage.now + 1);
      if (this.#leaderOf(nodes) !== leader) continue;
      this.stage.note(`proposer ${leader} leads`);
      return leader;
    }
    throw new Error(`none of the nodes ${nodes.join(", ")} leads after ${end} units`);
  }

  #rolesOf(node: number): readonly Address[] {
    const roles = [proposer(node), acceptor(node), learner(node)];
    return roles.filter((address) => this.stage.has(address));
  }

  #leaderOf(nodes: readonly number[]): number | undefined {
    return nodes.find((node) => this.stage.role(proposer(node)).status()["state"] === "leading");
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

function showLearned(value: Uint8Array, show: ShowBytes): string {
  return showMembers("value", value) ?? show("value", value);
}

function configurationOf(settings: MultiSettings, timing: multi.Timing): multi.Configuration {
  const { nodes = 3, auxiliaries = 0, laterNodes = 0, windowSlots, quorums, learning, lease } = settings;
  const changes = {
    timing,
    identities: nodes + laterNodes,
    ...(quorums && { quorums }),
    ...(learning && { learning }),
    ...(lease && { lease }),
    ...(windowSlots !== undefined && { limits: { ...limits, windowSlots }, alphaSlots: windowSlots }),
  };
  return auxiliaries > 0
    ? cheap.configurationOf(nodes - auxiliaries, auxiliaries, changes)
    : multi.configurationOf(nodes, changes);
}

/** Is it a message about this slot, of this kind? */
export function isAbout(kind: multi.Message["kind"], slot: number): (sent: Sent<multi.Message>) => boolean {
  return ({ message }) => message.kind === kind && "slot" in message && message.slot === slot;
}

/** A scenario of the protocol multi that begins when node 1 leads and the clients have sessions. */
export function multiScenario(
  name: string,
  title: string,
  settings: () => MultiSettings,
  play: (play: MultiPlay) => string,
): Scenario {
  const run = (): Trace => {
    const chosen = settings();
    const cast = new MultiPlay(chosen);
    cast.prologue(chosen.clients ?? 1);
    return traceOf(name, cast, play(cast));
  };
  return { protocol: "multi", name, title, run };
}

export function traceOf(name: string, cast: MultiPlay, summary: string, protocol = "multi"): Trace {
  const { messages, notes } = cast.stage;
  return { protocol, scenario: name, messages, notes, outcome: cast.outcome(summary) };
}
