// The protocol without threads, network or disk: one acceptor, asked by two proposers.
// Run it with `node examples/05-protocol-alone.ts`.
import assert from "node:assert/strict";
import { addressOf, multi, newOutput } from "@synod/protocol";

const acceptor = new multi.Acceptor(multi.configurationOf(3), 1);
const out = newOutput<multi.Message, multi.Entry, multi.Delivery>();

acceptor.step(addressOf("proposer", 2), { kind: "Prepare", ballot: 5, from: 1 }, out);
// The promise may leave only when what is in `persist` is durable.
console.log({ persist: out.persist, sendAfterPersist: out.sendAfterPersist });

acceptor.step(addressOf("proposer", 1), { kind: "Prepare", ballot: 4, from: 1 }, out);
console.log({ send: out.send });
assert.deepEqual(out.send[0]?.message, { kind: "Rejected", ballot: 4, promised: 5 });
