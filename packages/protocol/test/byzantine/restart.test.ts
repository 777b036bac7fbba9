/**
 * What an acceptor says when it begins anew in the ballot that it was in.
 */
import { addressOf, byzantine, newOutput } from "@synod/protocol";
import { expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const configuration = byzantine.configurationOf(4, digest);
const seals = byzantine.newSeals(digest);
const signature = Uint8Array.of(7);
const unproved = { stable: 0, checkpoints: [], votes: [], signature };
const newOut = () => newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>();

test("its leader shows it the view again, though it has voted in that ballot: what it promises is not refused as a lie", () => {
  // The proposer of node 2 leads ballot 2.
  const proposer = new byzantine.Proposer(configuration, 2);
  const led = newOut();
  for (const node of [1, 3, 4])
    proposer.step(addressOf("acceptor", node), { kind: "Promised", ballot: 2, ...unproved }, led);
  const newView = led.sendAfterPersist.map(({ message }) => message).find(({ kind }) => kind === "NewView");
  if (newView === undefined) throw new Error("it does not lead");

  // The acceptor of node 3 votes in it, and begins anew.
  const before = new byzantine.Acceptor(configuration, 3);
  const out = newOut();
  before.step(addressOf("proposer", 2), newView, out);
  const value = new Uint8Array(0);
  before.step(addressOf("proposer", 2), { kind: "Accept", ballot: 2, slot: 1, value, signature }, out);
  for (const node of [1, 2, 3]) {
    const verify = { kind: "Verify", ballot: 2, slot: 1, digest: digest(value), signature } as const;
    before.step(addressOf("acceptor", node), verify, out);
  }
  expect(out.persist.map(({ kind }) => kind)).toEqual(["Entered", "Accept", "Certified"]);
  const acceptor = new byzantine.Acceptor(configuration, 3);
  for (const entry of out.persist) acceptor.restore(entry);
  const again = newOut();
  for (let tick = 0; tick < configuration.timing.retryTicks; tick++) acceptor.tick(again);
  const promised = again.sendAfterPersist.map(({ message }) => message).find(({ kind }) => kind === "Promised");
  expect(promised).toMatchObject({ ballot: 2, votes: [{ slot: 1, ballot: 2 }] });
  if (promised === undefined) throw new Error("it promises nothing");

  expect(seals.statements(promised, 3).map(({ signer }) => signer)).toEqual([3, 1, 2, 3]);
  const answered = newOut();
  proposer.step(addressOf("acceptor", 3), promised, answered);
  expect(answered.sendAfterPersist).toEqual([{ to: addressOf("acceptor", 3), message: newView }]);
});
