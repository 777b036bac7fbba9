import { addressOf, limits, type Seals, type Signatures, type Statement } from "@synod/protocol";
import { expect, test } from "vitest";
import { Sealing } from "../src/index.ts";

/** A message is what it says; one that begins with "signed" carries a signature. */
interface Message {
  readonly text: string;
  readonly signature: string;
  /** What it carries as proof: texts of other nodes. */
  readonly proof?: readonly { readonly signer: number; readonly text: string; readonly signature: string }[];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = (text: Uint8Array): string => new TextDecoder().decode(text);
const signatureOf = (signer: number, text: string): string => `${signer}:${text}`;
const plain = (text: string): Message => ({ text, signature: "" });

const seals: Seals<Message> = {
  isSigned: ({ text }) => text.startsWith("signed"),
  textOf: ({ text }) => bytes(text),
  withSignature: (message, signature) => ({ ...message, signature: words(signature) }),
  statements: (message, from) => {
    const own = { signer: from, text: message.text, signature: message.signature };
    const all = [...(message.text.startsWith("signed") ? [own] : []), ...(message.proof ?? [])];
    return all.map(({ signer, text, signature }) => ({ signer, text: bytes(text), signature: bytes(signature) }));
  },
};

const me = 1;
const friend = addressOf("acceptor", 2);
const other = addressOf("acceptor", 3);

/** A stage whose signatures are done when `finish` says, and all that came out of it. */
class Bench implements Signatures {
  readonly left: string[] = [];
  readonly admitted: string[] = [];
  /** The batches as they were begun: what of, and how many. */
  readonly batches: string[] = [];
  wakes = 0;
  #jobs: (() => void)[] = [];
  readonly #later: boolean;
  readonly sealing: Sealing<Message>;

  constructor(later: boolean) {
    this.#later = later;
    this.sealing = new Sealing<Message>({
      seals,
      node: me,
      signatures: this,
      leave: (to, { text, signature }) => this.left.push(`${text} to ${to}: ${signature}`),
      admit: (_from, { text }) => this.admitted.push(text),
      wake: () => (this.wakes += 1),
    });
  }

  sign(texts: readonly Uint8Array[], done: (signatures: readonly Uint8Array[]) => void): void {
    this.batches.push(`sign ${texts.length}`);
    this.#plan(() => done(texts.map((text) => bytes(signatureOf(me, words(text))))));
  }

  verify(statements: readonly Statement[], done: (valid: readonly boolean[]) => void): void {
    this.batches.push(`verify ${statements.length}`);
    this.#plan(() =>
      done(statements.map(({ signer, text, signature }) => words(signature) === signatureOf(signer, words(text)))),
    );
  }

  turn(): void {
    this.sealing.open();
    this.sealing.seal();
  }

  /** Ends the oldest batch. */
  finish(): void {
    const job = this.#jobs.shift();
    if (job === undefined) throw new Error("no batch is under way");
    job();
  }

  #plan(job: () => void): void {
    if (this.#later) this.#jobs.push(job);
    else job();
  }
}

const signed = (text: string, signer: number): Message => ({ text, signature: signatureOf(signer, text) });

test("what needs no signature leaves at once, and what needs none to be verified is admitted at once", () => {
  const bench = new Bench(true);
  bench.sealing.send(friend, plain("hello"));
  bench.sealing.post(friend, plain("welcome"));
  expect([bench.left, bench.admitted, bench.batches]).toEqual([[`hello to ${friend}: `], ["welcome"], []]);
});

test("a signed message waits for its signature, and what is sent after it does not overtake it", () => {
  const bench = new Bench(true);
  bench.sealing.send(friend, plain("signed one"));
  bench.sealing.send(friend, plain("two"));
  expect(bench.wakes).toBeGreaterThan(0);
  bench.turn();
  bench.sealing.send(friend, plain("three"));
  expect(bench.left).toEqual([]);
  bench.finish();
  bench.turn();
  bench.finish();
  const expected = [`signed one to ${friend}: 1:signed one`, `two to ${friend}: `, `three to ${friend}: `];
  expect(bench.left).toEqual(expected);
});

test("a message to several is signed once", () => {
  const bench = new Bench(false);
  const message = plain("signed vote");
  for (const to of [friend, other]) bench.sealing.send(to, message);
  bench.turn();
  expect(bench.batches).toEqual(["sign 1"]);
  expect(bench.left).toHaveLength(2);
  expect(bench.sealing.counters.signed).toBe(1);
});

test("what its sender has not signed is refused, and what comes after it is admitted", () => {
  const bench = new Bench(false);
  bench.sealing.post(friend, signed("signed by another", 3));
  bench.sealing.post(friend, signed("signed by itself", 2));
  bench.sealing.post(friend, plain("unsigned"));
  bench.turn();
  expect(bench.admitted).toEqual(["signed by itself", "unsigned"]);
  expect(bench.sealing.counters).toMatchObject({ verified: 2, forgedMessages: 1 });
});

test("one forged statement in a proof is enough to refuse the message", () => {
  const proof = [3, 4].map((signer) => ({ signer, text: "vote", signature: signatureOf(signer, "vote") }));
  const forged = [...proof, { signer: 2, text: "vote", signature: signatureOf(3, "vote") }];
  const bench = new Bench(false);
  bench.sealing.post(friend, { ...signed("signed with proof", 2), proof });
  bench.sealing.post(friend, { ...signed("signed with a forged proof", 2), proof: forged });
  bench.turn();
  expect(bench.admitted).toEqual(["signed with proof"]);
});

test("what its own node says of itself is not verified, in order with the rest; what it shows of others is", () => {
  const bench = new Bench(true);
  const own = addressOf("proposer", me);
  const proof = [{ signer: 3, text: "vote", signature: signatureOf(2, "vote") }];
  bench.sealing.post(friend, signed("signed first", 2));
  bench.sealing.post(own, signed("signed here", me));
  bench.sealing.post(own, { ...signed("signed here, with a forged proof", me), proof });
  bench.sealing.post(friend, signed("signed in our name", me));
  bench.turn();
  expect([bench.batches, bench.admitted]).toEqual([["verify 3"], []]);
  bench.finish();
  expect(bench.admitted).toEqual(["signed first", "signed here"]);
  expect(bench.sealing.counters).toMatchObject({ verified: 3, forgedMessages: 2 });
});

test("what arrives while a batch is verified is the next batch, in order", () => {
  const bench = new Bench(true);
  bench.sealing.post(friend, signed("signed 1", 2));
  bench.turn();
  bench.sealing.post(friend, plain("2"));
  bench.sealing.post(friend, signed("signed 3", 2));
  bench.turn();
  expect([bench.batches, bench.admitted]).toEqual([["verify 1"], []]);
  bench.finish();
  expect(bench.sealing.busy).toBe(true);
  bench.turn();
  bench.finish();
  expect([bench.batches, bench.admitted]).toEqual([
    ["verify 1", "verify 1"],
    ["signed 1", "2", "signed 3"],
  ]);
});

test("as much waits as may, and the rest is refused and counted", () => {
  const bench = new Bench(true);
  for (let count = 0; count < limits.waitingMessages + 2; count++) {
    bench.sealing.post(friend, signed("signed", 2));
    bench.sealing.send(friend, plain("signed"));
  }
  expect(bench.sealing.counters.overflowedMessages).toBe(4);
});

test("a node that floods is refused what is too much, and holds up nobody", () => {
  const bench = new Bench(true);
  for (let count = 0; count < limits.waitingMessages; count++) bench.sealing.post(friend, signed("signed flood", 2));
  bench.sealing.post(other, signed("signed word", 3));
  expect(bench.sealing.counters.overflowedMessages).toBe(1);
  bench.turn();
  bench.finish();
  expect(bench.batches).toEqual(["verify 1025"]);
  expect(bench.admitted.at(-1)).toBe("signed word");
  for (let batch = 1; batch < 16; batch++) {
    bench.turn();
    bench.finish();
  }
  expect(bench.admitted).toHaveLength(limits.waitingMessages);
  expect(bench.sealing.busy).toBe(false);
});

test("what one node says keeps its order, however much it is, and a message is never cut", () => {
  const bench = new Bench(false);
  const proof = Array.from({ length: 1500 }, () => ({ signer: 2, text: "proof", signature: signatureOf(2, "proof") }));
  for (const text of ["1", "2", "3"]) bench.sealing.post(friend, { ...plain(text), proof });
  bench.sealing.post(friend, plain("4"));
  while (bench.sealing.busy) bench.turn();
  expect([bench.batches, bench.admitted]).toEqual([
    ["verify 1500", "verify 1500", "verify 1500"],
    ["1", "2", "3", "4"],
  ]);
});

test("once it is stopped nothing is admitted or leaves, also of a batch under way", () => {
  const bench = new Bench(true);
  bench.sealing.post(friend, signed("signed in", 2));
  bench.sealing.send(friend, plain("signed out"));
  bench.turn();
  bench.sealing.stop();
  bench.finish();
  bench.finish();
  bench.sealing.post(friend, plain("late"));
  bench.sealing.send(friend, plain("late"));
  expect([bench.left, bench.admitted]).toEqual([[], []]);
});
