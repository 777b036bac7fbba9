/**
 * The leader of Paxos Commit and the coordinators beside it: when they decide, and what they never do.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "../../src/address.ts";
import { fixedDelay } from "../../src/basic/index.ts";
import { newOutput, type RoleStatus } from "../../src/output.ts";
import * as commit from "../../src/commit/index.ts";
import type { Layout, Shape } from "../../src/layout.ts";

const client = addressOf("client", 9);
const participants = [
  { node: 1, writes: 1 },
  { node: 2, writes: 1 },
];
const transaction = 1;
const asked = { kind: "Commit", transaction, participants } as const;
const timing = { ...commit.commitTiming, retryTicks: 3, voteTicks: 6, holdTicks: 20 };

type Message = commit.paxosCommit.Message;
type Entry = commit.paxosCommit.Entry;

class Play {
  readonly leader = new commit.paxosCommit.Leader(commit.paxosCommit.configurationOf(3, { timing }), 1, fixedDelay(2));

  act(action: (out: ReturnType<typeof newOutput<Message, Entry, never>>) => void): readonly Message[] {
    const out = newOutput<Message, Entry, never>();
    action(out);
    return [...out.send, ...out.sendAfterPersist].map(({ message }) => message);
  }

  step(from: number, message: Message): readonly Message[] {
    return this.act((out) => this.leader.step(from, message, out));
  }

  ticks(count: number): readonly Message[] {
    return Array.from({ length: count }, () => this.act((out) => this.leader.tick(out))).flat();
  }

  accepted(acceptor: number, ballot: number, votes: readonly (readonly [number, boolean])[]): readonly Message[] {
    const rows = votes.map(([participant, prepared]) => ({ participant, prepared }));
    return this.step(addressOf("acceptor", acceptor), { kind: "Accepted", transaction, ballot, votes: rows });
  }

  promised(
    acceptor: number,
    ballot: number,
    votes: readonly (readonly [number, number, boolean])[],
  ): readonly Message[] {
    const rows = votes.map(([participant, voted, prepared]) => ({ participant, ballot: voted, prepared }));
    return this.step(addressOf("acceptor", acceptor), { kind: "Promised", transaction, ballot, votes: rows });
  }
}

const decisions = (messages: readonly Message[]) =>
  messages.flatMap((message) => (message.kind === "Decision" ? [message.committed] : []));
const proposals = (messages: readonly Message[]) =>
  messages.flatMap((message) => (message.kind === "Accept" ? [message.votes.map(({ prepared }) => prepared)] : []));

describe("a leader of Paxos Commit", () => {
  test("commits when a quorum has accepted each vote, and tells all", () => {
    const play = new Play();
    expect(play.step(client, asked).map(({ kind }) => kind)).toEqual(["VoteRequest", "VoteRequest"]);
    expect(decisions(play.accepted(1, 1, [[1, true]]))).toEqual([]);
    expect(decisions(play.accepted(1, 1, [[1, true]]))).toEqual([]);
    expect(decisions(play.accepted(2, 1, [[1, true]]))).toEqual([]);
    expect(decisions(play.accepted(1, 1, [[2, true]]))).toEqual([]);
    const last = play.accepted(3, 1, [[2, true]]);
    // Two participants and the client; and three acceptors have to remember it.
    expect(decisions(last)).toEqual([true, true, true]);
    const outcome = { kind: "Outcome", transaction, committed: true, participants };
    expect(last.filter(({ kind }) => kind === "Outcome")).toEqual([outcome, outcome, outcome]);
    expect(decisions(play.step(client, asked))).toEqual([true]);
  });

  test("counts no votes of another ballot, of no acceptor, and of no participant", () => {
    const play = new Play();
    play.step(client, asked);
    for (const acceptor of [1, 2, 3]) {
      play.accepted(acceptor, 2, [
        [1, true],
        [2, true],
      ]);
      play.accepted(acceptor, 1, [
        [1, true],
        [3, true],
      ]);
      play.step(addressOf("participant", acceptor), {
        kind: "Accepted",
        transaction,
        ballot: 1,
        votes: [{ participant: 2, prepared: true }],
      });
    }
    expect(decisions(play.step(client, asked))).toEqual([]);
  });

  test("aborts at once when a participant says that it has aborted", () => {
    const play = new Play();
    play.step(client, asked);
    expect(
      decisions(play.step(addressOf("participant", 2), { kind: "Decision", transaction, committed: false })),
    ).not.toContain(true);
    expect(decisions(play.step(client, asked))).toEqual([false]);
  });

  test("goes to phase 1 for a vote that does not come, and proposes what was accepted, else an abort", () => {
    const play = new Play();
    play.step(client, asked);
    const late = play.ticks(timing.voteTicks).filter(({ kind }) => kind === "Prepare");
    expect(late).toHaveLength(3);
    expect(late[0]).toMatchObject({ ballot: 2, participants });
    expect(proposals(play.promised(1, 2, []))).toEqual([]);
    expect(proposals(play.promised(1, 2, []))).toEqual([]);
    expect(proposals(play.promised(2, 2, [[1, 1, true]]))).toEqual(Array.from({ length: 3 }, () => [true, false]));
    expect(
      decisions(
        play.accepted(1, 2, [
          [1, true],
          [2, false],
        ]),
      ),
    ).toEqual([]);
    expect(
      decisions(
        play.accepted(2, 2, [
          [1, true],
          [2, false],
        ]),
      ),
    ).not.toContain(true);
    expect(decisions(play.step(client, asked))).toEqual([false]);
  });

  test("proposes the vote of the highest ballot", () => {
    const play = new Play();
    play.step(addressOf("participant", 1), { kind: "Inquire", transaction, participants });
    play.promised(1, 2, [[1, 1, true]]);
    expect(
      proposals(
        play.promised(3, 2, [
          [1, 1, true],
          [2, 1, true],
        ]),
      )[0],
    ).toEqual([true, true]);
  });

  test("tries above a ballot that it was refused for, and never uses one again", () => {
    const play = new Play();
    play.step(addressOf("participant", 1), { kind: "Inquire", transaction, participants });
    play.step(addressOf("acceptor", 1), { kind: "Rejected", transaction, ballot: 2, promised: 9 });
    expect(play.ticks(2).find(({ kind }) => kind === "Prepare")).toMatchObject({ ballot: 11 });
    const restored = new Play();
    for (const entry of play.leader.checkpoint()) restored.leader.restore(entry);
    const [again] = restored.step(addressOf("participant", 1), { kind: "Inquire", transaction, participants });
    expect(again).toMatchObject({ kind: "Prepare", ballot: 14 });
  });

  test("waits no longer for another try when a second acceptor refuses the same one", () => {
    const play = new Play();
    play.step(addressOf("participant", 1), { kind: "Inquire", transaction, participants });
    const refused = { kind: "Rejected", transaction, ballot: 2, promised: 9 } as const;
    play.step(addressOf("acceptor", 1), refused);
    expect(play.ticks(1)).toEqual([]);
    play.step(addressOf("acceptor", 2), refused);
    expect(play.ticks(1).map(({ kind }) => kind)).toEqual(["Prepare", "Prepare", "Prepare"]);
  });

  test("believes no client, and begins nothing at a client's question", () => {
    const play = new Play();
    expect(play.step(client, { kind: "Inquire", transaction, participants })).toEqual([]);
    expect(play.leader.status()).toMatchObject({ underWay: 0 });
    play.step(client, asked);
    expect(play.step(client, { kind: "Decision", transaction, committed: false })).toEqual([]);
    expect(play.leader.status()).toMatchObject({ underWay: 1 });
  });

  test("keeps nothing that no acceptor takes part in for ever: whoever waits for it asks again", () => {
    const play = new Play();
    play.step(client, asked);
    play.ticks(2 * timing.holdTicks - 1);
    expect(play.leader.status()).toMatchObject({ underWay: 1 });
    play.ticks(1);
    expect(play.leader.status()).toMatchObject({ underWay: 0 });
  });

  test("closes what a quorum of acceptors, or every participant, takes part in no more; and tells its client", () => {
    const closed = { kind: "Closed", transaction } as const;
    const kinds = (messages: readonly Message[]) => [...new Set(messages.map(({ kind }) => kind))];
    const play = new Play();
    play.step(client, asked);
    expect(kinds(play.step(addressOf("acceptor", 1), closed))).toEqual(["Inquire"]);
    for (const from of [addressOf("participant", 1), addressOf("participant", 3), addressOf("proposer", 2), client]) {
      expect(play.step(from, closed)).toEqual([]);
    }
    // The two participants, the three acceptors, and the client.
    expect(play.step(addressOf("participant", 2), closed)).toEqual([closed, closed, closed, closed, closed, closed]);
    const other = new Play();
    other.step(client, asked);
    other.step(addressOf("acceptor", 3), closed);
    expect(kinds(other.step(addressOf("acceptor", 3), closed))).toEqual(["Inquire"]);
    expect(other.step(addressOf("acceptor", 2), closed)).toHaveLength(6);
    expect(other.step(client, asked).map(({ kind }) => kind)).toEqual(["VoteRequest", "VoteRequest"]);
  });
});

/** A role of whichever of the protocols. */
interface AnyRole {
  step(from: number, message: never, out: ReturnType<typeof newOutput<never, never, never>>): void;
  tick(out: ReturnType<typeof newOutput<never, never, never>>): void;
  status(): RoleStatus;
}

/** A value of a field: nothing, or as much as there can be. */
function extreme(shape: Shape, isMost: boolean): unknown {
  switch (shape) {
    case "integer":
      return isMost ? Number.MAX_SAFE_INTEGER : 0;
    case "flag":
      return isMost;
    case "bytes":
      return new Uint8Array(isMost ? 100 : 0);
    default: {
      const row = Object.fromEntries(shape.list.map(([name, inner]) => [name, extreme(inner, isMost)]));
      return isMost ? [row, row] : [];
    }
  }
}

const foolish = (layout: readonly Layout[], isMost: boolean) =>
  layout.map(({ kind, fields }) => ({
    kind,
    ...Object.fromEntries(fields.map(([name, shape]) => [name, extreme(shape, isMost)])),
  }));

describe("foolish messages end no role", () => {
  const configuration = commit.commitConfigurationOf(3);
  const paxos = commit.paxosCommit.configurationOf(3);
  const views = commit.primaryBackup.configurationOf(3);
  const roles: readonly (readonly [string, readonly Layout[], () => AnyRole])[] = [
    ["leader", commit.paxosCommit.layout, () => new commit.paxosCommit.Leader(paxos, 1, fixedDelay(2))],
    ["acceptor", commit.paxosCommit.layout, () => new commit.paxosCommit.Acceptor(paxos, 1)],
    ["participant", commit.paxosCommit.layout, () => new commit.paxosCommit.Participant(paxos, 1)],
    ["two-phase coordinator", commit.twoPhase.layout, () => new commit.twoPhase.Coordinator(configuration, 1)],
    ["two-phase participant", commit.twoPhase.layout, () => new commit.twoPhase.Participant(configuration, 1)],
    ["three-phase coordinator", commit.threePhase.layout, () => new commit.threePhase.Coordinator(configuration, 1)],
    ["three-phase participant", commit.threePhase.layout, () => new commit.threePhase.Participant(configuration, 1)],
    ["server", commit.primaryBackup.layout, () => new commit.primaryBackup.Server(views, 2)],
    ["view server", commit.primaryBackup.layout, () => new commit.primaryBackup.ViewServer(views)],
  ];

  test.each(roles)("%s", (_name, layout, create) => {
    for (const isMost of [true, false]) {
      for (const role of [
        "client",
        "proposer",
        "acceptor",
        "participant",
        "coordinator",
        "server",
        "view-server",
      ] as const) {
        const machine = create();
        for (const message of foolish(layout, isMost)) {
          machine.step(addressOf(role, 1), message as never, newOutput());
          machine.tick(newOutput());
        }
        expect(machine.status()).toBeDefined();
      }
    }
  });
});
