import { addressOf, byzantine, fastByzantine, limits, maxAcceptors, signatureBytes } from "@synod/protocol";
import { expect, test } from "vitest";
import { FrameWriter, newCodec } from "../src/index.ts";

const signature = new Uint8Array(signatureBytes);
const digest = new Uint8Array(32);
const certificate = Array.from({ length: maxAcceptors }, (_, index) => ({ acceptor: index + 1, signature }));
const votes = Array.from({ length: limits.windowSlots }, (_, index) => ({
  slot: 2 ** 40 + index,
  ballot: 2 ** 40,
  digest,
  certificate,
}));
const checkpoints = certificate.map((witness) => ({ ...witness, slot: 2 ** 40 }));
const promise = { stable: 2 ** 40, checkpoints, votes, signature };

test.each<byzantine.Message>([
  { kind: "Promised", ballot: 2 ** 40, ...promise },
  {
    kind: "NewView",
    ballot: 2 ** 40,
    promises: Array.from({ length: maxAcceptors }, (_, index) => ({ acceptor: index + 1, ...promise })),
    signature,
  },
  { kind: "Payload", slot: 1, value: new Uint8Array(limits.valueBytes) },
])("the largest $kind fits into a frame, with as many nodes and slots as there may be", (message) => {
  const frame = new FrameWriter(newCodec<byzantine.Message>(byzantine.layout), { group: 0, checksum: true });
  expect(frame.add(addressOf("acceptor", 1), addressOf("proposer", 2), message)).toBe(true);
  expect(frame.sizeBytes).toBeLessThan(limits.frameBytes);
});

/** Reported by an acceptor that knows of a stable slot that is a window lower. */
const reported = Array.from({ length: limits.learnerSlots + limits.windowSlots }, (_, index) => ({
  slot: 2 ** 40 + index,
  ballot: 2 ** 40,
  digest,
}));
const report = { stableThrough: 2 ** 40, votes: reported, signature };

test.each<fastByzantine.Message>([
  { kind: "Promised", ballot: 2 ** 40, ...report },
  {
    kind: "Certificate",
    ballot: 2 ** 40,
    reports: Array.from({ length: maxAcceptors }, (_, index) => ({ node: index + 1, ...report })),
  },
])("the largest $kind of Fast Byzantine Paxos fits as well", (message) => {
  const frame = new FrameWriter(newCodec<fastByzantine.Message>(fastByzantine.layout), { group: 0, checksum: true });
  expect(frame.add(addressOf("acceptor", 1), addressOf("proposer", 2), message)).toBe(true);
  expect(frame.sizeBytes).toBeLessThan(limits.frameBytes);
});
