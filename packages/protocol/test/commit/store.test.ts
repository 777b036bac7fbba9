import { describe, expect, test } from "vitest";
import { addressOf } from "../../src/address.ts";
import { newOutput } from "../../src/output.ts";
import { commitConfigurationOf, commitTiming, ownerOf } from "../../src/commit/configuration.ts";
import type { StoreEntry, TransactionMessage } from "../../src/commit/messages.ts";
import { Numbering } from "../../src/commit/numbering.ts";
import { Outcomes } from "../../src/commit/outcomes.ts";
import { Store } from "../../src/commit/store.ts";

const configuration = commitConfigurationOf(1, {
  timing: { ...commitTiming, holdTicks: 5 },
  limits: { transactions: 3, transactionWrites: 2, outcomes: 4, participantBytes: 40 },
});
const client = addressOf("client", 9);
const coordinator = addressOf("coordinator", 1);
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

class Play {
  store = new Store(configuration, 1);
  readonly persisted: StoreEntry[] = [];

  act(
    action: (out: ReturnType<typeof newOutput<TransactionMessage, StoreEntry, never>>) => void,
  ): readonly TransactionMessage[] {
    const out = newOutput<TransactionMessage, StoreEntry, never>();
    action(out);
    this.persisted.push(...out.persist);
    return out.sendAfterPersist.map(({ message }) => message);
  }

  put(transaction: number, sequence: number, key: string, value = "v"): boolean | undefined {
    const put = { kind: "Put", transaction, sequence, key: bytes(key), value: bytes(value) } as const;
    const [reply] = this.act((out) => this.store.put(client, put, out));
    return reply?.kind === "PutReply" ? reply.held : undefined;
  }

  get(key: string): string | undefined {
    const [reply] = this.act((out) => this.store.get(client, { kind: "Get", sequence: 1, key: bytes(key) }, out));
    if (reply?.kind !== "GetReply") return undefined;
    return reply.busy ? "busy" : reply.found ? String.fromCharCode(...reply.value) : "nothing";
  }

  vote(transaction: number, writes: number): boolean | undefined {
    let vote: boolean | undefined;
    this.act((out) => (vote = this.store.vote(coordinator, transaction, [{ node: 1, writes }], out)));
    return vote;
  }

  decide(transaction: number, committed: boolean): void {
    this.act((out) => this.store.decide(transaction, committed, out));
  }

  restart(entries: readonly StoreEntry[] = this.persisted): void {
    this.store = new Store(configuration, 1);
    for (const entry of entries) this.store.restore(entry);
  }
}

describe("a participant's store", () => {
  test("shows what is committed, and nothing before", () => {
    const play = new Play();
    expect([play.put(1, 1, "x", "new"), play.get("x")]).toEqual([true, "nothing"]);
    expect([play.vote(1, 1), play.get("x")]).toEqual([true, "busy"]);
    play.decide(1, true);
    expect(play.get("x")).toBe("new");
    expect(play.store.status()).toMatchObject({ locks: 0, open: 0, inDoubt: 0, keys: 1, bytes: 4 });
  });

  test("of two writes of one key the later counts, whichever came first", () => {
    const play = new Play();
    play.put(1, 2, "x", "b");
    play.put(1, 1, "x", "a");
    play.vote(1, 2);
    play.decide(1, true);
    expect(play.get("x")).toBe("b");
  });

  test("aborts the later of two that want a lock, as a whole", () => {
    const play = new Play();
    play.put(1, 1, "x");
    expect([play.put(2, 1, "y"), play.put(2, 2, "x")]).toEqual([true, false]);
    expect(play.store.status()).toMatchObject({ locks: 1, open: 1 });
    expect([play.vote(2, 2), play.vote(1, 1)]).toEqual([false, true]);
    expect(play.put(2, 1, "y")).toBe(false);
  });

  test("does not vote for a part of a transaction", () => {
    const play = new Play();
    play.put(1, 1, "x");
    expect(play.vote(1, 2)).toBe(false);
    play.put(2, 1, "x");
    play.restart();
    play.put(2, 2, "y");
    expect(play.vote(2, 2)).toBe(false);
  });

  test("votes for nothing that it does not know", () => {
    expect(new Play().vote(1, 0)).toBe(false);
  });

  test("what it has voted for only the decision ends: not a client, not time, not a restart", () => {
    const play = new Play();
    play.put(1, 1, "x");
    play.vote(1, 1);
    play.act((out) => play.store.abort(1, out));
    for (let tick = 0; tick < 20; tick++) play.act((out) => play.store.tick(out));
    play.restart();
    expect([play.vote(1, 1), play.get("x"), play.put(2, 1, "x")]).toEqual([true, "busy", false]);
    play.restart(play.store.checkpoint());
    expect([play.vote(1, 1), play.get("x")]).toEqual([true, "busy"]);
    play.decide(1, false);
    expect([play.get("x"), play.put(3, 1, "x")]).toEqual(["nothing", true]);
  });

  test("lets go of what nobody asks it to vote on", () => {
    const play = new Play();
    play.put(1, 1, "x");
    for (let tick = 0; tick < 5; tick++) play.act((out) => play.store.tick(out));
    expect(play.store.status()).toMatchObject({ locks: 0, open: 0 });
    expect(play.vote(1, 1)).toBe(false);
  });

  test("the first decision stands, and nothing is committed that it has not voted for", () => {
    const play = new Play();
    play.put(1, 1, "x");
    play.decide(1, true);
    expect(play.get("x")).toBe("nothing");
    play.vote(1, 1);
    play.decide(1, false);
    play.decide(1, true);
    expect([play.store.outcome(1), play.get("x")]).toEqual([false, "nothing"]);
  });

  test("comes back with what was committed, from its entries and from a checkpoint", () => {
    const play = new Play();
    play.put(1, 1, "x", "new");
    play.vote(1, 1);
    play.decide(1, true);
    for (const entries of [play.persisted, play.store.checkpoint(), [...play.persisted, ...play.store.checkpoint()]]) {
      play.restart(entries);
      expect([play.get("x"), play.store.outcome(1)]).toEqual(["new", true]);
      expect(play.store.status()).toMatchObject({ bytes: 4, locks: 0, keys: 1 });
    }
  });

  test("holds no more than its bounds", () => {
    const play = new Play();
    expect([play.put(1, 1, "a"), play.put(1, 2, "b"), play.put(1, 3, "c")]).toEqual([true, true, false]);
    expect(play.put(2, 1, "d", "v".repeat(50))).toBe(false);
    expect([3, 4, 5, 6].map((transaction) => play.put(transaction, 1, `k${transaction}`))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("is asked for its own keys only", () => {
    const two = commitConfigurationOf(2);
    const key = [..."abcdefgh"].map(bytes).find((each) => ownerOf(each, 2) === 2) ?? bytes("");
    const store = new Store(two, 1);
    const out = newOutput<TransactionMessage, StoreEntry, never>();
    store.put(client, { kind: "Put", transaction: 1, sequence: 1, key, value: key }, out);
    store.get(client, { kind: "Get", sequence: 1, key }, out);
    expect(out.sendAfterPersist).toEqual([]);
  });
});

describe("outcomes", () => {
  test("of the latest are remembered; an older one is not begun anew", () => {
    const outcomes = new Outcomes(2, 2);
    for (const transaction of [1, 2, 3, 5]) outcomes.add(transaction, transaction !== 2);
    expect([1, 2, 3, 5].map((transaction) => outcomes.get(transaction))).toEqual([undefined, undefined, true, true]);
    // Transactions of coordinator 1 are odd, those of coordinator 2 even.
    expect([1, 2, 3, 4, 7].map((transaction) => outcomes.isForgotten(transaction))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const restored = new Outcomes(2, 2);
    for (const entry of outcomes.entries()) restored.restore(entry);
    expect(restored.entries()).toEqual(outcomes.entries());
  });

  test("the first one stands", () => {
    const outcomes = new Outcomes(2, 2);
    expect([outcomes.add(1, true), outcomes.add(1, true), outcomes.add(1, false)]).toEqual([true, true, false]);
    expect(outcomes.get(1)).toBe(true);
  });

  test("a participant does not take part again in what it has forgotten", () => {
    const play = new Play();
    for (const transaction of [1, 2, 3, 4, 5]) play.decide(transaction, false);
    expect([play.put(1, 1, "x"), play.vote(1, 1)]).toEqual([undefined, undefined]);
    expect(play.put(6, 1, "x")).toBe(true);
  });
});

test("a participant leaves what it has forgotten, and nothing that it is in doubt about", () => {
  const play = new Play();
  play.put(1, 1, "x");
  play.vote(1, 1);
  for (const transaction of [2, 3, 4, 5, 6]) play.decide(transaction, false);
  const left = (transaction: number) =>
    play.act((out) => play.store.leave(client, transaction, out)).map(({ kind }) => kind);
  expect([left(1), left(2), left(6), left(7)]).toEqual([[], ["Closed"], [], []]);
  // Of the last one it had never heard: now it is aborted.
  expect(play.store.outcome(7)).toBe(false);
});

test("no number is given out twice, also after a restart", () => {
  const given = new Set<number>();
  const persisted: { readonly through: number }[] = [];
  for (let life = 0; life < 3; life++) {
    const numbering = new Numbering(2, 3);
    for (const { through } of persisted) numbering.restore({ kind: "Reserved", through });
    for (let count = 0; count < 100; count++) {
      const number = numbering.next({ persist: { push: (entry) => persisted.push(entry) } });
      expect(number % 3).toBe(2);
      expect(given.has(number)).toBe(false);
      given.add(number);
    }
  }
  expect(given.size).toBe(300);
  expect(persisted.length).toBeLessThan(10);
});
