/**
 * The acceptor of Fast Paxos: every short history over a small domain keeps its promises, also across restarts; and
 * each rule by itself.
 */
import { describe, expect, test } from "vitest";
import { Acceptor, configurationOf, lowestOfTerm, type Entry, type Message } from "../../src/fast/index.ts";
import { acceptor, client, learner, ofKind, proposer, step, tick, type Did } from "./stage.ts";

const [v, w] = [Uint8Array.of(1), Uint8Array.of(2)];
const request = (command: Uint8Array): Message => ({ kind: "Request", sequence: 1, command });
const prepare = (ballot: number): Message => ({ kind: "Prepare", ballot, from: 1 });
const any = (ballot: number, from = 1): Message => ({ kind: "Any", ballot, from });
const accept = (ballot: number, slot: number, value: Uint8Array): Message => ({
  kind: "Accept",
  ballot,
  slot,
  commitPoint: 0,
  value,
});
const vote = (ballot: number, slot: number, value: Uint8Array): Message => ({
  kind: "Accepted",
  ballot,
  slot,
  chosenThrough: 0,
  value,
});
const configuration = configurationOf(4);
const newAcceptor = (): Acceptor => new Acceptor(configuration, 1);

type Event = readonly [from: number, message: Message] | "restart";

/** Proposer 1 owns term 1, proposer 2 term 2. */
const events: readonly Event[] = [
  [proposer(1), prepare(5)],
  [proposer(2), prepare(10)],
  [proposer(2), prepare(14)],
  [proposer(1), any(5)],
  [proposer(1), any(7)],
  [proposer(2), any(10, 2)],
  [client(1), request(v)],
  [client(2), request(w)],
  [proposer(1), accept(5, 1, w)],
  [proposer(1), accept(6, 1, v)],
  [proposer(2), accept(14, 1, w)],
  [learner(1), { kind: "Learned", from: 1, values: [{ isHeld: false, value: v }] }],
  "restart",
];

/** What has left an acceptor, as a watcher sees it. */
class Record {
  readonly #votes = new Map<string, string>();
  /** By slot: the highest ballot voted in. */
  readonly #highest = new Map<number, number>();
  #promised = 0;
  /** The lowest ballot of the highest term voted in. */
  #left = 0;
  readonly entries: Entry[] = [];

  takes(did: Did): void {
    for (const entry of did.persisted) {
      this.entries.push(entry);
      if (entry.kind === "Accepted") this.#casts(entry.ballot, entry.slot, String(entry.value));
    }
    for (const { ballot, accepted, chosenThrough } of ofKind(did, "Promised")) {
      expect(ballot).toBeGreaterThanOrEqual(this.#promised);
      this.#promised = ballot;
      for (const [slot, highest] of this.#highest) {
        if (slot > chosenThrough) expect(accepted.find((each) => each.slot === slot)?.ballot).toBe(highest);
      }
    }
    // What it tells, it has made durable with the same words.
    for (const { ballot, slot, value } of ofKind(did, "Accepted")) {
      expect(this.#votes.get(`${ballot}/${slot}`)).toBe(String(value));
    }
  }

  #casts(ballot: number, slot: number, value: string): void {
    expect(ballot).toBeGreaterThanOrEqual(this.#promised);
    // A vote leaves the terms before, in all slots.
    expect(ballot).toBeGreaterThanOrEqual(this.#left);
    this.#left = Math.max(this.#left, lowestOfTerm(ballot));
    expect(ballot).toBeGreaterThan(this.#highest.get(slot) ?? 0);
    expect(this.#votes.has(`${ballot}/${slot}`)).toBe(false);
    this.#votes.set(`${ballot}/${slot}`, value);
    this.#highest.set(slot, ballot);
  }
}

test("in no history of four events does it break a promise, vote twice, or leave a vote out of a report", () => {
  let votes = 0;
  const play = (history: readonly Event[]): void => {
    let role = newAcceptor();
    const record = new Record();
    for (const event of history) {
      if (event === "restart") {
        role = newAcceptor();
        for (const entry of record.entries) role.restore(entry);
      } else {
        const did = step(role, ...event);
        votes += did.persisted.filter(({ kind }) => kind === "Accepted").length;
        record.takes(did);
      }
    }
    // Whatever it was, a later leader hears of it.
    record.takes(step(role, proposer(3), prepare(15)));
  };
  for (const one of events) {
    for (const two of events) {
      for (const three of events) for (const four of events) play([one, two, three, four]);
    }
  }
  expect(votes).toBeGreaterThan(1000);
});

describe("a request", () => {
  const open = (ballot = 5, from = 1): Acceptor => {
    const role = newAcceptor();
    step(role, proposer(1), prepare(ballot), any(ballot, from));
    return role;
  };

  test("is voted for in the next free slot, durably, and told to the leader and every learner", () => {
    const role = open(5, 3);
    const did = step(role, client(1), request(v));
    expect(did.persisted).toEqual([vote(5, 3, v)]);
    expect(ofKind({ ...did, sentDurably: [] }, "Accepted")).toEqual([]);
    expect(ofKind(did, "Accepted").map(({ to }) => to)).toEqual([proposer(1), ...[1, 2, 3, 4].map(learner)]);
    expect(ofKind(step(role, client(2), request(w)), "Accepted")[0]).toMatchObject({ slot: 4 });
  });

  test("that comes again is told again, and gets no second slot while it is undecided", () => {
    const role = open();
    step(role, client(1), request(v));
    const again = step(role, client(1), request(v));
    expect(again.persisted).toEqual([]);
    expect(ofKind(again, "Accepted")[0]).toMatchObject({ ballot: 5, slot: 1, value: v });
  });

  test("is told again with what its log will say of the slots before, and not with what it has heard since", () => {
    const role = open();
    step(role, client(1), request(v), request(w));
    step(role, learner(1), { kind: "Learned", from: 1, values: [{ isHeld: true, value: new Uint8Array(0) }] });
    expect(role.status()).toMatchObject({ chosenThrough: 1 });
    expect(ofKind(step(role, client(2), request(w)), "Accepted")[0]).toMatchObject({ slot: 2, chosenThrough: 0 });
    const next = step(role, client(2), request(Uint8Array.of(3)));
    expect(next.persisted).toMatchObject([{ slot: 3, chosenThrough: 1 }]);
    expect(ofKind(step(role, client(2), request(w)), "Accepted")[0]).toMatchObject({ slot: 2, chosenThrough: 1 });
  });

  test("that lost its slot, or whose answer was lost, gets another", () => {
    const role = open();
    step(role, client(1), request(v));
    step(role, proposer(1), accept(6, 1, w));
    expect(ofKind(step(role, client(1), request(v)), "Accepted")[0]).toMatchObject({ slot: 2, value: v });
    step(role, learner(1), { kind: "Learned", from: 1, values: [{ isHeld: true, value: new Uint8Array(0) }] });
    expect(ofKind(step(role, client(2), request(w)), "Accepted")[0]).toMatchObject({ slot: 3, value: w });
  });

  test("beyond the window, or empty, is let go", () => {
    const role = open();
    for (let number = 0; number < configuration.limits.windowSlots; number++) {
      expect(step(role, client(1), request(Uint8Array.of(3, number))).persisted).toHaveLength(1);
    }
    expect(step(role, client(1), request(v))).toMatchObject({ sent: [], persisted: [] });
    expect(step(open(), client(1), request(new Uint8Array(0))).persisted).toEqual([]);
  });

  test("is handed on to the leader when nothing is fast", () => {
    const role = newAcceptor();
    step(role, proposer(2), { kind: "Heartbeat", ballot: 14, commitPoint: 0 });
    expect(step(role, client(1), request(v)).sent).toEqual([{ to: proposer(2), message: request(v) }]);
    // Not what a leader relays, which would go round.
    expect(step(role, proposer(1), request(v)).sent).toEqual([]);
  });
});

describe("uncoordinated recovery", () => {
  const collided = (...others: readonly (readonly [node: number, value: Uint8Array])[]): readonly [Acceptor, Did[]] => {
    const role = newAcceptor();
    step(role, proposer(1), prepare(7), any(7));
    step(role, client(1), request(v));
    return [role, others.map(([node, value]) => step(role, acceptor(node), vote(7, 1, value)))];
  };

  test("begins when all votes are there and no value has a quorum: in the next ballot, with the same value for all", () => {
    const [, dids] = collided([2, v], [3, w], [4, w]);
    expect(dids.map(({ persisted }) => persisted)).toEqual([[], [], [vote(8, 1, v)]]);
  });

  test("does not wait for ever for a vote that does not matter", () => {
    const [role, dids] = collided([2, w], [3, Uint8Array.of(3)]);
    expect(dids.flatMap(({ persisted }) => persisted)).toEqual([]);
    expect(tick(role).persisted).toEqual([vote(8, 1, v)]);
  });

  test("is not for votes that may still make a quorum, nor where the next ballot is the leader's", () => {
    const [role, dids] = collided([2, w], [3, v]);
    expect([...dids, tick(role)].flatMap(({ persisted }) => persisted)).toEqual([]);
    const coordinated = newAcceptor();
    step(coordinated, proposer(1), prepare(5), any(5));
    step(coordinated, client(1), request(v));
    for (const [node, value] of [
      [2, v],
      [3, w],
      [4, w],
    ] as const) {
      expect(step(coordinated, acceptor(node), vote(5, 1, value)).persisted).toEqual([]);
    }
  });

  test("is over when a higher ballot is promised", () => {
    const [role] = collided([2, v], [3, w]);
    step(role, proposer(2), prepare(10));
    expect(step(role, acceptor(4), vote(7, 1, w)).persisted).toEqual([]);
  });
});

test("ballots in other hands, slots out of reach and votes of no acceptor are passed over", () => {
  const role = newAcceptor();
  for (const [from, message] of [
    [proposer(2), prepare(5)],
    [client(1), any(5)],
    [proposer(1), accept(5, 0, v)],
    [proposer(1), accept(5, configuration.limits.learnerSlots + 1, v)],
    [learner(2), vote(7, 1, v)],
    [proposer(1), { kind: "Prepare", ballot: Number.MAX_SAFE_INTEGER, from: 1 }],
  ] as const) {
    expect(step(role, from, message)).toMatchObject({ sent: [], sentDurably: [], persisted: [] });
  }
});
