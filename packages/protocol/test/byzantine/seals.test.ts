/**
 * What is not worth verifying: it is refused by one statement that nobody has signed, whatever else is in it.
 */
import { byzantine, fastByzantine, type Statement } from "@synod/protocol";
import { expect, test } from "vitest";

const seals = byzantine.newSeals((bytes) => bytes);
const signature = Uint8Array.of(1);
const digest = Uint8Array.of(2);
const witness = (acceptor: number): byzantine.Witness => ({ acceptor, signature });
const vote = { slot: 1, ballot: 1, digest, certificate: [1, 2, 3].map(witness) };
const row = (acceptor: number): byzantine.PromiseRow => ({
  acceptor,
  stable: 1,
  checkpoints: [1, 2, 3].map((each) => ({ ...witness(each), slot: 1 })),
  votes: [vote],
  signature,
});
const view = (promises: readonly byzantine.PromiseRow[]): byzantine.Message => ({
  kind: "NewView",
  ballot: 2,
  promises,
  signature,
});
const isRefused = (statements: readonly Statement[]): boolean => statements.length === 1 && statements[0]?.signer === 0;

test("a NewView has the signatures of its leader, and of each promise its own, its checkpoints' and its certificates'", () => {
  expect(seals.statements(view([1, 2, 3].map(row)), 2)).toHaveLength(1 + 3 * (1 + 3 + 3));
});

test.each<readonly [string, readonly byzantine.PromiseRow[]]>([
  ["a promise twice", [row(1), row(2), row(2)]],
  ["more promises than there may be acceptors", Array.from({ length: 31 }, (_, index) => row(index + 1))],
  ["a checkpoint twice", [row(1), { ...row(2), checkpoints: [...row(2).checkpoints, ...row(2).checkpoints] }]],
  ["a witness twice", [row(1), { ...row(2), votes: [{ ...vote, certificate: [1, 2, 2].map(witness) }] }]],
  ["a vote of its own ballot", [row(1), { ...row(2), votes: [{ ...vote, ballot: 2 }] }]],
])("not with %s", (_what, promises) => {
  expect(isRefused(seals.statements(view(promises), 2))).toBe(true);
});

test("Fast Byzantine Paxos verifies the word of a node once in a message", () => {
  const nodes = [1, 2, 3, 4, 5].map((node) => ({ node, ballot: 1, stableThrough: 0, votes: [], signature }));
  for (const [rows, refused] of [
    [nodes, false],
    [[...nodes, ...nodes.slice(4)], true],
  ] as const) {
    const messages: readonly fastByzantine.Message[] = [
      { kind: "Certificate", ballot: 2, reports: rows },
      { kind: "Prepare", ballot: 2, suspicions: rows },
    ];
    expect(messages.map((message) => isRefused(fastByzantine.seals.statements(message, 2)))).toEqual([
      refused,
      refused,
    ]);
  }
});
