/**
 * The acceptor against its model: every state by every message, with ballots and slots below, equal and above.
 */
import { expect, test } from "vitest";
import { unchanged, type Address } from "../../src/index.ts";
import { Acceptor, configurationOf, slotOf, type Learning, type Message } from "../../src/multi/index.ts";
import { expected, newModel, type Model } from "./acceptor-model.ts";
import { accept, acceptor, chosen, heartbeat, learner, prepare, proposer, sentKind, step } from "./stage.ts";
import type { Did } from "./stage.ts";

type Event = readonly [from: Address, message: Message];

const trim = (slot: number): Message => ({ kind: "Trim", slot, memberships: unchanged });
const fromOwner = (message: Message & { readonly ballot: number }): Event => [
  proposer(((message.ballot - 1) % 3) + 1),
  message,
];

function* combinations(): Generator<readonly Event[]> {
  for (const chosenThrough of [0, 4, 5, 6]) {
    for (const byLeader of [false, true]) {
      for (const votes of [[], [2], [4], [5], [2, 4]]) {
        for (const trimmed of [0, 4, 5]) {
          for (const promised of [0, 3, 4, 5]) {
            const ballots = [...votes, ...(byLeader && chosenThrough > 0 ? [1] : [])];
            if (Math.max(0, ...ballots) > promised) continue;
            yield [
              ...(byLeader ? knownFromLeader(chosenThrough) : []),
              ...votes.map((ballot): Event => fromOwner(asAccept(ballot, 5))),
              ...(byLeader || chosenThrough === 0 ? [] : [knownFromLearner(chosenThrough)]),
              ...(trimmed > 0 ? [[learner(1), trim(trimmed)] as const] : []),
              ...(promised > 0 ? [fromOwner({ kind: "Prepare", ballot: promised, from: 1 })] : []),
            ];
          }
        }
      }
    }
  }
}

function asAccept(ballot: number, slot: number, commitPoint = 0): Message & { readonly ballot: number } {
  const message = accept(ballot, slot, `${ballot}/${slot}`, commitPoint);
  if (message.kind !== "Accept") throw new Error("expected an Accept");
  return message;
}

/** The votes of ballot 1 for slots 1 to 6, and its word that the first of them are chosen. */
function knownFromLeader(through: number): readonly Event[] {
  if (through === 0) return [];
  const votes = [1, 2, 3, 4, 5, 6].map((slot) => fromOwner(asAccept(1, slot)));
  return [...votes, [proposer(1), heartbeat(1, through)]];
}

function knownFromLearner(through: number): Event {
  return [learner(1), chosen(1, ["a", "b", "c", "d", "e", "f"].slice(0, through))];
}

function* messages(): Generator<Event> {
  for (const ballot of [3, 4, 5]) {
    const owner = proposer(((ballot - 1) % 3) + 1);
    for (const slot of [4, 5, 6]) {
      yield [owner, prepare(ballot, slot)];
      for (const commitPoint of [0, 4, 5, 6]) yield fromOwner(asAccept(ballot, slot, commitPoint));
    }
    for (const commitPoint of [0, 4, 5, 6, 7]) yield [owner, heartbeat(ballot, commitPoint, 8)];
  }
  yield [proposer(2), { kind: "Probe", round: 3 }];
  for (const from of [1, 4, 5, 6, 7]) yield [learner(2), { kind: "CatchUp", from }];
  for (const sender of [learner(1), learner(2), acceptor(2), proposer(1)]) {
    for (const from of [1, 4, 5, 6, 7]) {
      for (const values of [[], ["x"], ["x", "y"]]) yield [sender, chosen(from, values)];
    }
    for (const slot of [3, 4, 5, 6]) yield [sender, trim(slot)];
  }
  yield [proposer(1), { kind: "Accepted", ballot: 4, slot: 5 }];
}

/** Asks for all that an acceptor may answer, so that what it remembers shows. The last question changes its state. */
const questions: readonly Event[] = [
  [proposer(2), { kind: "Probe", round: 9 }],
  ...[1, 2, 3, 4, 5, 6, 7].map((from): Event => [learner(3), { kind: "CatchUp", from }]),
  [proposer(2), heartbeat(5, 5)],
  [proposer(1), heartbeat(4, 7)],
  [proposer(1), heartbeat(7, 7)],
  [proposer(1), prepare(10, 1)],
];

function play(
  learning: Learning,
  events: readonly Event[],
): { readonly role: Acceptor; readonly dids: readonly Did[] } {
  const role = new Acceptor(configurationOf(3, { learning }), 1);
  return { role, dids: events.map(([from, message]) => step(role, from, message)) };
}

function predict(
  learning: Learning,
  events: readonly Event[],
): { readonly model: Model; readonly dids: readonly Did[] } {
  let model = newModel;
  const dids = events.map(([from, message]) => {
    const { did, next } = expected(model, from, message, learning === "every");
    model = next;
    return did;
  });
  return { model, dids };
}

test("every message in every state does what the model says, and leaves what the model says", () => {
  let cases = 0;
  for (const learning of ["distinguished", "every"] as const) {
    for (const setup of combinations()) {
      for (const message of messages()) {
        // Who learns matters to votes alone.
        if (learning === "every" && message[1].kind !== "Accept") continue;
        const events = [...setup, message];
        const { role, dids } = play(learning, events);
        const prediction = predict(learning, [...events, ...questions]);
        const answers = questions.map(([from, question]) => step(role, from, question));
        if (!same([...dids, ...answers], prediction.dids)) {
          expect([...dids, ...answers], JSON.stringify(events)).toEqual(prediction.dids);
        }
        cases += 1;
      }
    }
  }
  expect(cases).toBeGreaterThan(20_000);
});

/** Structural equality, a hundred times faster than an assertion; only what differs is asserted. */
function same(one: readonly Did[], other: readonly Did[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

test("after a restart from any prefix of the log, no answer contradicts one that had left", () => {
  let checks = 0;
  for (const setup of combinations()) {
    for (const message of messages()) {
      const events = [...setup, message];
      const { dids } = play("distinguished", events);
      const entries = dids.flatMap((did) => did.persist);
      for (let survived = 0; survived <= entries.length; survived++) {
        const again = new Acceptor(configurationOf(3), 1);
        for (const entry of entries.slice(0, survived)) again.restore(entry);
        checks += holds(again, leftBy(dids, survived));
      }
    }
  }
  expect(checks).toBeGreaterThan(100_000);
});

test("a checkpoint stands for every record without a slot, and for those of trimmed slots", () => {
  for (const setup of combinations()) {
    const { role, dids } = play("distinguished", setup);
    const trimmed = Number(role.status()["trimmedThrough"]);
    const again = new Acceptor(configurationOf(3), 1);
    for (const entry of dids.flatMap((did) => did.persist)) if (slotOf(entry) > trimmed) again.restore(entry);
    for (const entry of role.checkpoint()) again.restore(entry);
    expect(again.status(), JSON.stringify(setup)).toEqual(role.status());
    const [asked, askedAgain] = [role, again].map((each) => step(each, proposer(1), prepare(10, 1)).sendAfterPersist);
    expect(askedAgain).toEqual(asked);
  }
});

/** The answers that had left when the first `survived` entries were durable. */
function leftBy(dids: readonly Did[], survived: number): readonly Message[] {
  let persisted = 0;
  return dids.flatMap(({ persist, sendAfterPersist }) => {
    persisted += persist.length;
    return persisted <= survived ? sendAfterPersist.map(({ message }) => message) : [];
  });
}

/** Throws where a restarted acceptor goes back on an answer; returns how many answers there were. */
function holds(again: Acceptor, left: readonly Message[]): number {
  const bound = Number(again.status()["ballot"]);
  const [promise] = sentKind(step(again, proposer(1), prepare(10, 1)), "Promised");
  if (promise === undefined) throw new Error("expected a promise");
  const reported = new Map(promise.accepted.map(({ slot, ballot }) => [slot, ballot]));
  for (const answer of left) {
    if (answer.kind !== "Promised" && answer.kind !== "Accepted") continue;
    const kept =
      answer.kind === "Promised"
        ? promise.chosenThrough >= answer.chosenThrough
        : promise.chosenThrough >= answer.slot || (reported.get(answer.slot) ?? 0) >= answer.ballot;
    if (bound < answer.ballot || !kept) expect.fail(`${JSON.stringify(answer)}, then ${JSON.stringify(promise)}`);
  }
  return left.length;
}
