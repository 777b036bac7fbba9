import { addressOf, byzantine, newOutput, type Address } from "@synod/protocol";
import { beforeEach, describe, expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const configuration = byzantine.configurationOf(4, digest);
const signature = Uint8Array.of(7);
/** Commands say in their first four bytes how many follow. */
const [a, b] = [Uint8Array.of(1, 0, 0, 0, 1), Uint8Array.of(1, 0, 0, 0, 2)];
const noOp = new Uint8Array(0);
const at = (node: number): Address => addressOf("acceptor", node);

type Out = ReturnType<typeof newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>>;
let out: Out;
let acceptor: byzantine.Acceptor;
beforeEach(() => {
  out = newOutput();
  acceptor = new byzantine.Acceptor(configuration, 2);
});

const step = (from: Address, message: byzantine.Message): void => acceptor.step(from, message, out);
const vouch = (command: Uint8Array): void =>
  step(addressOf("proposer", 2), { kind: "Vouched", digest: digest(command) });
const accept = (value: Uint8Array, ballot = 1, slot = 1, leader = ballot): void =>
  step(addressOf("proposer", leader), { kind: "Accept", ballot, slot, value, signature });
const verify = (node: number, value: Uint8Array, ballot = 1, slot = 1): void =>
  step(at(node), { kind: "Verify", ballot, slot, digest: digest(value), signature });
/** Kinds of what waits for a sync, each once. */
const told = (): readonly string[] => [...new Set(out.sendAfterPersist.map(({ message }) => message.kind))];
const stored = (): readonly string[] => out.persist.map(({ kind }) => kind);

describe("what it verifies", () => {
  test("is stored before it is told to all", () => {
    vouch(a);
    accept(a);
    expect(stored()).toEqual(["Accept"]);
    expect(out.sendAfterPersist.map(({ to }) => to)).toEqual([1, 2, 3, 4].map(at));
    expect(told()).toEqual(["Verify"]);
    expect(out.send.filter(({ message }) => message.kind === "Verify")).toEqual([]);
  });

  test("is the first of a slot and ballot, also after a restart", () => {
    vouch(a);
    vouch(b);
    accept(a);
    const [entry] = out.persist;
    if (entry === undefined) throw new Error("nothing was stored");
    accept(b);
    expect(stored()).toEqual(["Accept"]);
    acceptor = new byzantine.Acceptor(configuration, 2);
    acceptor.restore(entry);
    out = newOutput();
    vouch(b);
    accept(b);
    expect([stored(), told()]).toEqual([[], []]);
    accept(a);
    expect([stored(), told()]).toEqual([[], ["Verify"]]);
  });

  test("waits until its own proposer vouches for the command; a no-op needs nobody", () => {
    accept(a);
    expect(told()).toEqual([]);
    step(addressOf("proposer", 3), { kind: "Vouched", digest: digest(a) });
    expect(told()).toEqual([]);
    vouch(a);
    expect(told()).toEqual(["Verify"]);
    accept(noOp, 1, 2);
    expect(stored()).toEqual(["Accept", "Accept"]);
  });

  test.each([
    ["another's ballot", () => accept(a, 1, 1, 3)],
    ["a ballot that it is not in", () => accept(a, 2)],
    ["slot 0", () => accept(a, 1, 0)],
    ["beyond the window", () => accept(a, 1, configuration.limits.windowSlots + 1)],
    ["what is no command", () => accept(Uint8Array.of(9, 9))],
  ])("is not %s", (_what, propose) => {
    vouch(a);
    propose();
    expect([stored(), told()]).toEqual([[], []]);
  });
});

describe("what clients asked for once", () => {
  /** Slots in which it verified something. */
  const verifiedSlots = (): readonly number[] =>
    out.persist.flatMap((entry) => (entry.kind === "Accept" ? entry.slot : []));
  const twice = Uint8Array.of(...a, ...a);

  test("it verifies in one slot, and not twice in a value", () => {
    vouch(a);
    vouch(a);
    accept(twice);
    accept(a, 1, 2);
    accept(a, 1, 3);
    expect(verifiedSlots()).toEqual([2]);
    vouch(a);
    expect(verifiedSlots()).toEqual([2, 3]);
  });

  test("and was served it verifies twice more: nothing is opened as often as a leader likes", () => {
    vouch(a);
    accept(a);
    for (const node of [1, 2, 3]) verify(node, a);
    for (let slot = 2; slot < 10; slot++) accept(a, 1, slot);
    expect(verifiedSlots()).toEqual([1]);
    step(addressOf("learner", 2), { kind: "Learned", from: 1, values: [{ digest: digest(a) }] });
    expect(verifiedSlots()).toEqual([1, 2, 3]);
  });

  test("it verifies elsewhere in the next ballot, when that does not require it again", () => {
    vouch(a);
    accept(a);
    const promises = [1, 3, 4].map((node) => ({ acceptor: node, stable: 0, checkpoints: [], votes: [], signature }));
    step(addressOf("proposer", 2), { kind: "NewView", ballot: 2, promises, signature });
    accept(noOp, 2, 1);
    accept(a, 2, 2);
    expect(verifiedSlots()).toEqual([1, 1, 2]);
  });
});

test("a command that is vouched for has no more judged than what waited for it", () => {
  let digests = 0;
  const counting = (bytes: Uint8Array): Uint8Array => {
    digests += 1;
    return digest(bytes);
  };
  acceptor = new byzantine.Acceptor({ ...configuration, digest: counting }, 2);
  const named = (name: number): Uint8Array => Uint8Array.of(1, 0, 0, 0, name);
  for (let slot = 1; slot <= 8; slot++) {
    accept(Uint8Array.of(...Array.from({ length: 20 }, (_, index) => [...named(10 * slot + index)]).flat()), 1, slot);
  }
  expect(digests).toBe(16);
  vouch(named(255));
  expect(digests).toBe(16);
  vouch(named(10));
  expect(digests).toBe(17);
});

test("it votes exactly when three have verified the same in its ballot, itself among them or not", () => {
  const choices = [undefined, a, b] as const;
  let votes = 0;
  for (const one of choices) {
    for (const own of choices) {
      for (const three of choices) {
        for (const four of choices) {
          out = newOutput();
          acceptor = new byzantine.Acceptor(configuration, 2);
          vouch(a);
          accept(a);
          const said = [one, own, three, four];
          for (const [index, value] of said.entries()) if (value !== undefined) verify(index + 1, value);
          const isCertified = said.filter((value) => value === a).length >= 3;
          if (isCertified) votes += 1;
          expect(stored().includes("Certified")).toBe(isCertified);
          expect(told().includes("Accepted")).toBe(isCertified);
        }
      }
    }
  }
  expect(votes).toBe(9);
});

test("verifications of other ballots, and one node's twice, do not add up", () => {
  vouch(a);
  accept(a);
  for (let times = 0; times < 3; times++) verify(1, a);
  verify(2, a);
  verify(3, a, 1, 2);
  expect(stored()).toEqual(["Accept"]);
  verify(4, a);
  expect(stored()).toEqual(["Accept", "Certified"]);
});

describe("it leaves a ballot", () => {
  const suspect = (node: number, ballot: number): void => step(at(node), { kind: "Suspected", ballot, signature });

  test("when two ask for a higher one, and not because of one, whatever that asks for", () => {
    suspect(4, 2 ** 40);
    suspect(4, 2 ** 41);
    expect(stored()).toEqual([]);
    suspect(3, 2);
    expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
    // Its own proposer hears of the ballot no sooner: one that the acceptor forgot it would doubt for ever.
    expect(out.sendAfterPersist).toMatchObject([
      { to: addressOf("proposer", 2), message: { kind: "Promised", ballot: 2, stable: 0, votes: [] } },
      { to: addressOf("proposer", 2), message: { kind: "Standing", ballot: 2 } },
    ]);
    out = newOutput();
    vouch(a);
    accept(a, 1);
    expect(stored()).toEqual([]);
  });

  test("with its votes and their certificates, and verifies in the next what the view allows, and nothing else", () => {
    vouch(a);
    vouch(b);
    accept(a);
    for (const node of [1, 2, 3]) verify(node, a);
    suspect(3, 2);
    suspect(4, 2);
    const promised = out.sendAfterPersist.map(({ message }) => message).find(({ kind }) => kind === "Promised");
    const certificate = [1, 2, 3].map((node) => ({ acceptor: node, signature }));
    expect(promised).toMatchObject({ votes: [{ slot: 1, ballot: 1, digest: digest(a), certificate }] });
    out = newOutput();
    step(addressOf("proposer", 3), { kind: "Wanted", slot: 1 });
    expect(out.send).toEqual([]);
    step(addressOf("proposer", 2), { kind: "Wanted", slot: 1 });
    expect(out.send).toEqual([{ to: addressOf("proposer", 2), message: { kind: "Payload", slot: 1, value: a } }]);
    const vote = { slot: 1, ballot: 1, digest: digest(a), certificate };
    const promise = (node: number, votes: readonly byzantine.VoteRow[]): byzantine.PromiseRow => ({
      acceptor: node,
      stable: 0,
      checkpoints: [],
      votes,
      signature,
    });
    out = newOutput();
    const view = (promises: readonly byzantine.PromiseRow[]): void =>
      step(addressOf("proposer", 2), { kind: "NewView", ballot: 2, promises, signature });
    view([promise(1, []), promise(3, [vote])]);
    accept(a, 2);
    expect(stored()).toEqual([]);
    view([promise(1, []), promise(3, [vote]), promise(4, [])]);
    accept(b, 2);
    expect(stored()).toEqual(["Accept"]);
    expect(out.persist[0]).toMatchObject({ ballot: 2, slot: 1, value: a });
  });
});
