/**
 * Every state of a small acceptor against every message: promised 0 to 4, accepted 0 to promised, ballots 1 to 6 from
 * either proposer. What it should do stands in the table, by hand.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "../src/address.ts";
import { newOutput } from "../src/output.ts";
import { Acceptor } from "../src/basic/acceptor.ts";
import { asEntry } from "../src/basic/entries.ts";
import type { Delivery } from "../src/basic/delivery.ts";
import type { Entry, Message } from "../src/basic/messages.ts";

type Does = "rejects" | "promises" | "promises again" | "accepts" | "votes again" | "ignores";
type Case = `${"Prepare" | "Accept"} ${"below the promise" | "as promised" | "as accepted" | "above the promise"}`;

const table: Readonly<Record<Case, Does>> = {
  "Prepare below the promise": "rejects",
  "Prepare as promised": "promises again",
  "Prepare as accepted": "ignores",
  "Prepare above the promise": "promises",
  "Accept below the promise": "rejects",
  "Accept as promised": "accepts",
  "Accept as accepted": "votes again",
  "Accept above the promise": "accepts",
};

const learners = [addressOf("learner", 1), addressOf("learner", 2)];
const valueOf = (ballot: number) => (ballot === 0 ? new Uint8Array(0) : Uint8Array.of(100 + ballot));

function acceptorThat(entries: readonly Entry[]): Acceptor {
  const acceptor = new Acceptor({ proposers: 2, learners });
  for (const entry of entries) acceptor.restore(entry);
  return acceptor;
}

function entriesOf(promised: number, accepted: number): Entry[] {
  const entries: Entry[] = [];
  if (accepted > 0) entries.push({ kind: "Accept", ballot: accepted, value: valueOf(accepted) });
  if (promised > accepted) entries.push({ kind: "Prepare", ballot: promised });
  return entries;
}

function caseOf(kind: "Prepare" | "Accept", ballot: number, promised: number, accepted: number): Case {
  if (ballot < promised) return `${kind} below the promise`;
  if (ballot > promised) return `${kind} above the promise`;
  return ballot === accepted ? `${kind} as accepted` : `${kind} as promised`;
}

interface Expected {
  readonly send: readonly Message[];
  readonly persist: readonly Entry[];
  /** To the proposer; votes go to the learners too. */
  readonly sendAfterPersist: readonly Message[];
  readonly promised: number;
  readonly accepted: number;
}

function expectedOf(does: Does, ballot: number, promised: number, accepted: number): Expected {
  const same: Expected = { send: [], persist: [], sendAfterPersist: [], promised, accepted };
  const promise: Message = {
    kind: "Promised",
    ballot,
    acceptedBallot: accepted,
    acceptedValue: valueOf(accepted),
  };
  const vote: Message = { kind: "Accepted", ballot, value: valueOf(ballot) };
  switch (does) {
    case "ignores":
      return same;
    case "rejects":
      return { ...same, send: [{ kind: "Rejected", ballot, promised }] };
    case "promises again":
      return { ...same, sendAfterPersist: [promise] };
    case "promises":
      return { ...same, persist: [{ kind: "Prepare", ballot }], sendAfterPersist: [promise], promised: ballot };
    case "votes again":
      return { ...same, sendAfterPersist: [vote] };
    case "accepts":
      return {
        ...same,
        persist: [{ kind: "Accept", ballot, value: valueOf(ballot) }],
        sendAfterPersist: [vote],
        promised: ballot,
        accepted: ballot,
      };
  }
}

const states = [0, 1, 2, 3, 4].flatMap((promised) =>
  Array.from({ length: promised + 1 }, (_, accepted) => ({ promised, accepted })),
);

describe.each(states)("promised $promised, accepted $accepted", ({ promised, accepted }) => {
  for (const kind of ["Prepare", "Accept"] as const) {
    for (let ballot = 1; ballot <= 6; ballot++) {
      for (const node of [1, 2]) {
        const owner = ballot % 2 === 1 ? 1 : 2;
        const does = node === owner ? table[caseOf(kind, ballot, promised, accepted)] : "ignores";
        test(`${kind} ${ballot} from proposer ${node}: ${does}`, () => {
          const before = entriesOf(promised, accepted);
          const acceptor = acceptorThat(before);
          const proposer = addressOf("proposer", node);
          const out = newOutput<Message, Entry, Delivery>();
          acceptor.step(
            proposer,
            kind === "Prepare" ? { kind, ballot } : { kind, ballot, value: valueOf(ballot) },
            out,
          );

          const expected = expectedOf(does, ballot, promised, accepted);
          expect(out.send).toEqual(expected.send.map((message) => ({ to: proposer, message })));
          expect(out.persist).toEqual(expected.persist);
          const [answer] = expected.sendAfterPersist;
          const recipients = answer?.kind === "Accepted" ? [proposer, ...learners] : [proposer];
          expect(out.sendAfterPersist).toEqual(
            answer === undefined ? [] : recipients.map((to) => ({ to, message: answer })),
          );
          expect(acceptor.checkpoint()).toEqual(entriesOf(expected.promised, expected.accepted));
          expect(acceptor.status()).toEqual({ promised: expected.promised, acceptedBallot: expected.accepted });
          // What a crash right after the sync leaves is the same acceptor.
          expect(acceptorThat([...before, ...out.persist]).checkpoint()).toEqual(acceptor.checkpoint());
        });
      }
    }
  }

  test("Inquire: tells what it has accepted, and nothing of a mere promise", () => {
    const out = newOutput<Message, Entry, Delivery>();
    acceptorThat(entriesOf(promised, accepted)).step(addressOf("learner", 1), { kind: "Inquire" }, out);
    const vote: Message = { kind: "Accepted", ballot: accepted, value: valueOf(accepted) };
    expect(out.sendAfterPersist).toEqual(accepted === 0 ? [] : [{ to: addressOf("learner", 1), message: vote }]);
    expect(out.persist).toEqual([]);
    expect(out.send).toEqual([]);
  });
});

test("two values in one ballot are a broken invariant: it stops", () => {
  const acceptor = acceptorThat(entriesOf(3, 3));
  const accept: Message = { kind: "Accept", ballot: 3, value: Uint8Array.of(7) };
  expect(() => acceptor.step(addressOf("proposer", 1), accept, newOutput())).toThrow("two values in ballot 3");
});

test("messages for other roles change nothing", () => {
  const acceptor = acceptorThat(entriesOf(4, 3));
  const out = newOutput<Message, Entry, Delivery>();
  const value = Uint8Array.of(1);
  const others: readonly Message[] = [
    { kind: "Request", value },
    { kind: "Promised", ballot: 9, acceptedBallot: 0, acceptedValue: value },
    { kind: "Accepted", ballot: 9, value },
    { kind: "Rejected", ballot: 4, promised: 9 },
    { kind: "Learned", ballot: 9, value },
    { kind: "Response", value },
  ];
  for (const message of others) acceptor.step(addressOf("proposer", 1), message, out);
  expect(out).toEqual(newOutput());
  expect(acceptor.checkpoint()).toEqual(entriesOf(4, 3));
});

test("a log that holds anything but promises and votes is refused", () => {
  expect(asEntry({ kind: "Prepare", ballot: 1 })).toEqual({ kind: "Prepare", ballot: 1 });
  expect(() => asEntry({ kind: "Rejected", ballot: 1, promised: 2 })).toThrow("expected Prepare or Accept in the log");
});

test("records older than a promise do not lower it when they are read again, as a checkpoint is", () => {
  const entries: Entry[] = [...entriesOf(5, 3), { kind: "Accept", ballot: 3, value: valueOf(3) }];
  expect(acceptorThat(entries).status()).toEqual({ promised: 5, acceptedBallot: 3 });
});
