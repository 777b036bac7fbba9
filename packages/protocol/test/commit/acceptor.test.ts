/**
 * The acceptor of Paxos Commit, exhaustively: every sequence of up to four messages about one transaction, in ballots 1
 * to 4, against a model of two lines; and after each the same acceptor, restored from what it persisted.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "../../src/address.ts";
import { newOutput } from "../../src/output.ts";
import {
  Acceptor,
  configurationOf,
  leaderOf,
  nextLeaderBallot,
  participantBallot,
} from "../../src/commit/paxos-commit/index.ts";
import type { Entry, Message } from "../../src/commit/paxos-commit/index.ts";

const nodes = 3;
const configuration = configurationOf(nodes);
const participants = [{ node: 2, writes: 1 }];
const transaction = 5;

type Asked = { readonly from: number; readonly message: Message };

const prepare = (ballot: number): Asked => ({
  from: addressOf("proposer", leaderOf(ballot, nodes)),
  message: { kind: "Prepare", transaction, ballot, participants },
});
const accept = (ballot: number, prepared: boolean): Asked => {
  const leader = ballot === participantBallot ? 1 : leaderOf(ballot, nodes);
  const from = ballot === participantBallot ? addressOf("participant", 2) : addressOf("proposer", leader);
  const votes = [{ participant: 2, prepared }];
  return { from, message: { kind: "Accept", transaction, ballot, leader, participants, votes } };
};

const domain: readonly Asked[] = [
  prepare(2),
  prepare(3),
  prepare(4),
  accept(1, true),
  accept(2, true),
  accept(3, false),
  accept(4, true),
];

function* sequences(length: number): Iterable<readonly Asked[]> {
  yield [];
  if (length === 0) return;
  for (const rest of sequences(length - 1)) for (const asked of domain) yield [...rest, asked];
}

interface Played {
  readonly acceptor: Acceptor;
  readonly persisted: Entry[];
  /** What the last message was answered with, in a word. */
  answer: string;
}

function step(played: Played, { from, message }: Asked): void {
  const out = newOutput<Message, Entry, never>();
  played.acceptor.step(from, message, out);
  played.persisted.push(...out.persist);
  const answers = [...out.send, ...out.sendAfterPersist].map(({ message: answer }) => {
    if (answer.kind !== "Promised") return answer.kind;
    return `Promised ${answer.votes.map(({ ballot, prepared }) => `${ballot} ${prepared}`).join()}`;
  });
  played.answer = answers.join();
  // A promise or a vote must not leave before it is durable.
  expect(out.send.every(({ message: { kind } }) => kind === "Rejected")).toBe(true);
}

/** What it must answer: by what it has promised, and the last vote. */
function model(before: readonly Asked[], { message }: Asked): string {
  let promised = 0;
  let vote = { ballot: 0, prepared: false };
  const answer = (asked: Message): string => {
    if (asked.kind !== "Prepare" && asked.kind !== "Accept") return "";
    if (asked.ballot < promised) return "Rejected";
    promised = asked.ballot;
    if (asked.kind === "Prepare") {
      if (vote.ballot === asked.ballot) return "";
      return `Promised ${vote.ballot === 0 ? "" : `${vote.ballot} ${vote.prepared}`}`;
    }
    vote = { ballot: asked.ballot, prepared: asked.votes[0]?.prepared === true };
    return "Accepted";
  };
  for (const asked of before) answer(asked.message);
  return answer(message);
}

const restored = (entries: readonly Entry[]): Played => {
  const acceptor = new Acceptor(configuration, 1);
  for (const entry of entries) acceptor.restore(entry);
  return { acceptor, persisted: [], answer: "" };
};

describe("an acceptor", () => {
  test("answers every sequence as the model does, also after a restart and from a checkpoint", () => {
    let count = 0;
    for (const sequence of sequences(4)) {
      const last = sequence.at(-1);
      if (last === undefined) continue;
      const before = sequence.slice(0, -1);
      const played = restored([]);
      for (const asked of before) step(played, asked);
      const again = restored(played.persisted);
      const anew = restored(played.acceptor.checkpoint());
      const expected = model(before, last);
      for (const each of [played, again, anew]) {
        step(each, last);
        expect(each.answer, JSON.stringify(sequence.map(({ message }) => message))).toBe(expected);
      }
      count += 1;
    }
    expect(count).toBe(7 + 7 ** 2 + 7 ** 3 + 7 ** 4);
  });

  test("takes a ballot from its owner only, and a first vote from its participant only", () => {
    for (const { message } of domain) {
      for (const role of ["proposer", "participant", "acceptor", "client"] as const) {
        for (const node of [1, 2, 3]) {
          const from = addressOf(role, node);
          const isOwner = domain.some((asked) => asked.from === from && asked.message === message);
          const played = restored([]);
          step(played, { from, message });
          expect(played.answer !== "", `${role} ${node} ${JSON.stringify(message)}`).toBe(isOwner);
        }
      }
    }
  });

  test("tells whoever asks of what is over, and takes part in it no more", () => {
    const played = restored([]);
    step(played, accept(1, true));
    step(played, {
      from: addressOf("proposer", 1),
      message: { kind: "Outcome", transaction, committed: true, participants },
    });
    expect(played.acceptor.status()).toMatchObject({ undecided: 0, outcomes: 1 });
    for (const again of [played, restored(played.persisted), restored(played.acceptor.checkpoint())]) {
      for (const asked of domain) {
        step(again, asked);
        expect(again.answer).toBe("Decision");
      }
    }
  });

  test("says Closed of an older transaction that it does not know, and after a restart again", () => {
    const played = restored([]);
    step(played, accept(1, true));
    step(played, { from: addressOf("proposer", 1), message: { kind: "Closed", transaction } });
    const older: Asked = {
      from: addressOf("proposer", leaderOf(2, nodes)),
      message: { kind: "Prepare", transaction: transaction - nodes, ballot: 2, participants },
    };
    for (const again of [played, restored(played.persisted), restored(played.acceptor.checkpoint())]) {
      step(again, older);
      expect(again.answer).toBe("Closed");
    }
  });

  test("asks for the end of what nobody brings to it, another leader each time", () => {
    const played = restored([]);
    step(played, prepare(2));
    const asked: number[] = [];
    for (let tick = 0; tick < 3 * configuration.timing.holdTicks; tick++) {
      const out = newOutput<Message, Entry, never>();
      played.acceptor.tick(out);
      for (const { to, message } of out.send) {
        expect(message).toMatchObject({ kind: "Inquire", transaction, participants });
        asked.push(to);
      }
    }
    expect(asked).toEqual([3, 1, 2].map((node) => addressOf("proposer", node)));
  });
});

test("leaders own disjoint ballots above the participants' one", () => {
  const owners = new Map<number, number>();
  for (const node of [1, 2, 3]) {
    for (let ballot = nextLeaderBallot(0, node, nodes); ballot < 30; ballot = nextLeaderBallot(ballot, node, nodes)) {
      expect(ballot).toBeGreaterThan(participantBallot);
      expect(owners.has(ballot)).toBe(false);
      owners.set(ballot, node);
      expect(leaderOf(ballot, nodes)).toBe(node);
    }
  }
  expect(owners.size).toBe(28);
});
