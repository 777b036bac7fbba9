/**
 * The cast of a scenario of a commit protocol: two participants with a key each, whoever decides, and two clients, of
 * which one has a transaction and the other reads what became of it.
 */
import { addressOf, basic, commit, majority, showAddress, type Address, type NodeRole } from "@synod/protocol";
import { showBytes } from "../show.ts";
import { Stage, type Sent } from "../stage.ts";
import type { AnyCommitMessage } from "../protocols/transaction-watcher.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { acceptor, client } from "./addresses.ts";

/** Nodes 1 and 2 have a participant each, and a coordinator. */
const nodes = 2;
/** Whoever waits for an answer asks again after three round trips, and whoever is in doubt when a coordinator gave up. */
const timing: commit.CommitTiming = { retryTicks: 8, voteTicks: 12, doubtTicks: 26, holdTicks: 200 };

export const coordinator = (node: number): Address => addressOf("coordinator", node);
export const participant = (node: number): Address => addressOf("participant", node);
export const leader = (node: number): Address => addressOf("proposer", node);

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A key that the participant of a node has. */
function keyOf(node: number): Uint8Array {
  const letter = [..."xyzuvw"].find((each) => commit.ownerOf(bytesOf(each), nodes) === node);
  return bytesOf(letter ?? "");
}

const both: readonly commit.Share[] = [
  { node: 1, writes: 1 },
  { node: 2, writes: 1 },
];

/** What a play needs of a stage, whatever is added to the messages of transactions. */
export type CommitStage = Pick<
  Stage<commit.TransactionMessage, never, never>,
  "post" | "at" | "run" | "crash" | "restart" | "cut" | "heal" | "raiseCurtain" | "messages" | "notes"
> & {
  readonly received: readonly Sent<AnyCommitMessage>[];
  lose(drops: (sent: Sent<AnyCommitMessage>) => boolean): void;
};

const shown = { slotOf: commit.slotOf, showBytes: (_name: string, bytes: Uint8Array): string => showBytes(bytes) };

export function twoPhaseStage(): CommitStage {
  const { layout, asEntry, Coordinator, Participant } = commit.twoPhase;
  const stage = new Stage<commit.twoPhase.Message, commit.twoPhase.Entry, never>({
    layout,
    asEntry,
    ...shown,
  });
  const configuration = commit.commitConfigurationOf(nodes, { timing });
  stage.add(coordinator(1), { create: () => new Coordinator(configuration, 1) });
  for (const node of [1, 2]) stage.add(participant(node), { create: () => new Participant(configuration, node) });
  return stage;
}

export function threePhaseStage(): CommitStage {
  const { layout, asEntry, Coordinator, Participant } = commit.threePhase;
  const stage = new Stage<commit.threePhase.Message, commit.threePhase.Entry, never>({
    layout,
    asEntry,
    ...shown,
  });
  const configuration = commit.commitConfigurationOf(nodes, { timing });
  stage.add(coordinator(1), { create: () => new Coordinator(configuration, 1) });
  for (const node of [1, 2]) stage.add(participant(node), { create: () => new Participant(configuration, node) });
  return stage;
}

export function paxosCommitStage(): CommitStage {
  const { layout, asEntry, Acceptor, Leader, Participant, configurationOf } = commit.paxosCommit;
  const stage = new Stage<commit.paxosCommit.Message, commit.paxosCommit.Entry, never>({
    layout,
    asEntry,
    ...shown,
  });
  const configuration = configurationOf(nodes, { timing, quorums: majority(3) });
  for (const node of [1, 2]) {
    stage.add(leader(node), { create: () => new Leader(configuration, node, basic.fixedDelay(2)) });
    stage.add(participant(node), { create: () => new Participant(configuration, node) });
  }
  for (const node of [1, 2, 3]) stage.add(acceptor(node), { create: () => new Acceptor(configuration, node) });
  return stage;
}

const transaction = 1;

export class CommitPlay {
  readonly stage: CommitStage;
  readonly #coordinator: NodeRole;

  constructor(stage: CommitStage, coordinatorRole: NodeRole) {
    this.stage = stage;
    this.#coordinator = coordinatorRole;
  }

  begin(): void {
    this.stage.post(client(1), addressOf(this.#coordinator, 1), { kind: "Begin", sequence: 1 });
  }

  /** Client 1 writes "new" to the keys of both participants. */
  put(): void {
    for (const node of [1, 2]) {
      const write = { key: keyOf(node), value: bytesOf("new") };
      this.stage.post(client(1), participant(node), { kind: "Put", transaction, sequence: 1, ...write });
    }
  }

  /** Client 1 has it committed, now. */
  commit(node = 1): void {
    const to = addressOf(this.#coordinator, node);
    this.stage.post(client(1), to, { kind: "Commit", transaction, participants: both });
  }

  /** Client 1 has written to both participants, before the play begins. */
  prepared(): this {
    this.begin();
    this.stage.at(2, () => this.put());
    this.stage.run(5);
    this.stage.raiseCurtain();
    return this;
  }

  /** Client 2 reads both keys at a time, and the play goes on until all is at rest. */
  readAt(time: number): void {
    this.stage.at(time, () => {
      for (const node of [1, 2]) {
        this.stage.post(client(2), participant(node), { kind: "Get", sequence: node, key: keyOf(node) });
      }
    });
    this.stage.run(time + 3);
  }

  outcome(summary: string): Outcome {
    const answered: Record<string, string[]> = {};
    for (const { to, message } of this.stage.received) (answered[showAddress(to)] ??= []).push(...answerOf(message));
    return { summary, chosen: [], learned: {}, answered };
  }
}

function answerOf(message: AnyCommitMessage): readonly string[] {
  switch (message.kind) {
    case "Decision":
      return [message.committed ? "committed" : "aborted"];
    case "GetReply":
      return [message.busy ? "busy" : message.found ? showBytes(message.value) : "nothing"];
    default:
      return [];
  }
}

/** A scenario of a commit protocol: `play` acts and returns the summary. */
export function commitScenario(
  protocol: "two-phase" | "three-phase" | "commit",
  name: string,
  title: string,
  play: (play: CommitPlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = newPlay(protocol);
    const summary = play(cast);
    const { messages, notes } = cast.stage;
    return { protocol, scenario: name, messages, notes, outcome: cast.outcome(summary) };
  };
  return { protocol, name, title, run };
}

function newPlay(protocol: "two-phase" | "three-phase" | "commit"): CommitPlay {
  switch (protocol) {
    case "two-phase":
      return new CommitPlay(twoPhaseStage(), "coordinator");
    case "three-phase":
      return new CommitPlay(threePhaseStage(), "coordinator");
    case "commit":
      return new CommitPlay(paxosCommitStage(), "proposer");
  }
}
