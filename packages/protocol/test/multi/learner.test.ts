/**
 * The learner, over every short sequence of what may reach it, against a model that keeps the whole history.
 */
import { describe, expect, test } from "vitest";
import { flexible, limits, majority, type QuorumSystem, unchanged } from "../../src/index.ts";
import { configurationOf, Learner, type Message } from "../../src/multi/index.ts";
import { acceptor, chosen, client, heartbeat, proposer, step, text } from "./stage.ts";
import { turn, value, type Did } from "./stage.ts";

const ownNode = 1;

/** Something that happens to the learner of node 1; a value is named after its ballot and slot. */
type Event =
  | {
      readonly kind: "vote";
      readonly ballot: number;
      readonly slot: number;
      readonly node: number;
      readonly commit: number;
    }
  | { readonly kind: "commit"; readonly ballot: number; readonly through: number }
  | { readonly kind: "chosen"; readonly from: number; readonly through: number }
  | { readonly kind: "installed"; readonly slot: number };

function happen(role: Learner, event: Event): Did {
  switch (event.kind) {
    case "vote": {
      const { ballot, slot, node, commit } = event;
      if (node !== ownNode) return step(role, acceptor(node), { kind: "Accepted", ballot, slot });
      const what = value(`${ballot}/${slot}`);
      return step(role, acceptor(node), { kind: "AcceptedValue", ballot, slot, commitPoint: commit, value: what });
    }
    case "commit":
      return step(role, proposer(event.ballot), heartbeat(event.ballot, event.through));
    case "chosen": {
      const slots = Array.from({ length: event.through - event.from + 1 }, (_, index) => event.from + index);
      return step(
        role,
        acceptor(ownNode),
        chosen(
          event.from,
          slots.map((slot) => `log/${slot}`),
        ),
      );
    }
    case "installed":
      return turn((out) => role.installed(event.slot, out, unchanged));
  }
}

/** What each event of a history makes known: worked out anew from all that came before it. */
function expectedDeliveries(quorums: QuorumSystem, history: readonly Event[]): string[][] {
  let delivered = 0;
  return history.map((event, index) => {
    const past = history.slice(0, index + 1);
    const deliveries: string[] = [];
    if (event.kind === "installed") delivered = Math.max(delivered, event.slot);
    if (event.kind === "chosen") {
      for (let slot = event.from; slot <= event.through; slot++) {
        if (slot === delivered + 1) deliveries.push(`${(delivered = slot)}: log/${slot}`);
      }
    }
    for (let what = votedValue(quorums, past, delivered + 1); what !== undefined;) {
      deliveries.push(`${(delivered += 1)}: ${what}`);
      what = votedValue(quorums, past, delivered + 1);
    }
    return deliveries;
  });
}

/** The value of a slot if the votes of its highest ballot, or the leader of that ballot, say that it is chosen. */
function votedValue(quorums: QuorumSystem, past: readonly Event[], slot: number): string | undefined {
  const votes = past.flatMap((event) => (event.kind === "vote" && event.slot === slot ? [event] : []));
  const ballot = Math.max(...votes.map((vote) => vote.ballot));
  const voters = new Set(votes.filter((vote) => vote.ballot === ballot).map(({ node }) => node));
  if (!voters.has(ownNode)) return undefined;
  const word = past.flatMap((event) => {
    if (event.kind === "commit") return [event];
    return event.kind === "vote" && event.node === ownNode ? [{ ballot: event.ballot, through: event.commit }] : [];
  });
  const leader = Math.max(...word.map((each) => each.ballot));
  const through = Math.max(0, ...word.filter((each) => each.ballot === leader).map((each) => each.through));
  const committed = leader === ballot && slot <= through;
  return voters.size >= quorums.phase2 || committed ? `${ballot}/${slot}` : undefined;
}

const alphabet: readonly Event[] = [
  ...[1, 2].flatMap((ballot) =>
    [1, 2].flatMap((slot) => [
      ...[2, 3].map((node): Event => ({ kind: "vote", ballot, slot, node, commit: 0 })),
      ...[0, 1].map((commit): Event => ({ kind: "vote", ballot, slot, node: ownNode, commit })),
    ]),
  ),
  ...[1, 2].flatMap((ballot) => [1, 2].map((through): Event => ({ kind: "commit", ballot, through }))),
  { kind: "chosen", from: 1, through: 1 },
  { kind: "chosen", from: 1, through: 2 },
  { kind: "chosen", from: 2, through: 3 },
  { kind: "installed", slot: 1 },
];

function* histories(length: number): Generator<readonly Event[]> {
  if (length === 0) return yield [];
  for (const before of histories(length - 1)) for (const event of alphabet) yield [...before, event];
}

describe("every history delivers what is chosen, in slot order, once, as soon as it is known", () => {
  for (const [name, quorums, length] of [
    ["majority of 3", majority(3), 4],
    ["phase 2 of all 3", flexible(3, 1, 3), 3],
    ["phase 2 of 1", flexible(3, 3, 1), 3],
  ] as const) {
    test(name, () => {
      for (const history of histories(length)) {
        const role = new Learner(configurationOf(3, { quorums }), ownNode);
        const found = history.map((event) =>
          happen(role, event).deliver.map((each) =>
            each.kind === "chosen" ? `${each.slot}: ${text(each.value)}` : "",
          ),
        );
        const wanted = expectedDeliveries(quorums, history);
        if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found, JSON.stringify(history)).toEqual(wanted);
      }
    });
  }
});

describe("reads", () => {
  const readAt = (slot: number): Message => ({ kind: "ReadAt", slot, client: client(9), query: value(`at${slot}`) });
  const kinds = (did: Did): string[] =>
    did.deliver.map((each) => (each.kind === "read" ? text(each.query) : `slot ${"slot" in each ? each.slot : 0}`));

  test("wait for their slot, however it comes, and are answered once", () => {
    for (const arrive of [
      (role: Learner) => step(role, acceptor(1), chosen(1, ["a", "b"])),
      (role: Learner) => turn((out) => role.installed(2, out, unchanged)),
    ]) {
      const role = new Learner(configurationOf(3), ownNode);
      expect(kinds(step(role, proposer(1), readAt(0)))).toEqual(["at0"]);
      for (const slot of [3, 1, 2]) expect(kinds(step(role, proposer(1), readAt(slot)))).toEqual([]);
      expect(kinds(arrive(role)).filter((each) => each.startsWith("at"))).toEqual(["at1", "at2"]);
      expect(kinds(step(role, acceptor(1), chosen(3, ["c"])))).toEqual(["slot 3", "at3"]);
    }
  });

  test("are bounded", () => {
    const role = new Learner(configurationOf(3), ownNode);
    for (let count = 0; count <= limits.pendingReads; count++) step(role, proposer(1), readAt(1));
    expect(step(role, acceptor(1), chosen(1, ["a"])).deliver).toHaveLength(1 + limits.pendingReads);
  });
});

test("votes far above what is delivered are not kept, and those at the edge are", () => {
  for (const [slot, kept] of [
    [limits.learnerSlots, true],
    [limits.learnerSlots + 1, false],
  ] as const) {
    const role = new Learner(configurationOf(3, { alphaSlots: limits.learnerSlots }), ownNode);
    happen(role, { kind: "vote", ballot: 1, slot, node: ownNode, commit: 0 });
    happen(role, { kind: "vote", ballot: 1, slot, node: 2, commit: 0 });
    expect(turn((out) => role.installed(slot - 1, out, unchanged)).deliver).toHaveLength(kept ? 1 : 0);
  }
});

test("nothing is kept of slots that are delivered", () => {
  const role = new Learner(configurationOf(3), ownNode);
  const vote = (slot: number, node: number): Did => happen(role, { kind: "vote", ballot: 1, slot, node, commit: 0 });
  for (const slot of [1, 2, 3]) vote(slot, 1);
  expect(role.status()["slotsHeld"]).toBe(3);
  vote(1, 2);
  step(role, acceptor(1), chosen(2, ["b"]));
  turn((out) => role.installed(3, out, unchanged));
  for (const slot of [1, 2, 3]) for (const node of [1, 2, 3]) vote(slot, node);
  expect(role.status()["slotsHeld"]).toBe(0);
});

test("installed never goes back, and leaves what is above", () => {
  const role = new Learner(configurationOf(3), ownNode);
  step(role, acceptor(1), chosen(1, ["a", "b", "c"]));
  expect(turn((out) => role.installed(2, out, unchanged)).deliver).toEqual([]);
  expect(role.status()["delivered"]).toBe(3);
  expect(step(role, acceptor(1), chosen(3, ["c", "d"])).deliver).toMatchObject([{ slot: 4 }]);
});
