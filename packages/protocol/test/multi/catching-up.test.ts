/**
 * How a learner that is behind gets what it lacks: whom it asks, and what it takes.
 */
import { describe, expect, test } from "vitest";
import { changed, encodeMembership, majority, membershipOf, Memberships } from "../../src/index.ts";
import { timing, type Address, unchanged } from "../../src/index.ts";
import { configurationOf, Learner, type Message } from "../../src/multi/index.ts";
import { acceptor, chosen, heartbeat, learner, nothing, proposer, sent, sentKind, step, tick, turn } from "./stage.ts";

describe("a learner that is behind", () => {
  /** Lets time pass until the learner sends something. */
  function nextSent(role: Learner): readonly { readonly to: Address; readonly message: Message }[] {
    for (let ticks = 0; ticks < 100; ticks++) {
      const messages = sent(tick(role));
      if (messages.length > 0) return messages;
    }
    return [];
  }

  test("asks its own acceptor at the start, then the others in turn, and rests when it knows all", () => {
    const role = new Learner(configurationOf(3), 2);
    const ask = (node: number): unknown => [{ to: acceptor(node), message: { kind: "CatchUp", from: 1 } }];
    for (const node of [2, 3, 1, 2]) expect(nextSent(role)).toEqual(ask(node));
    step(role, acceptor(2), chosen(1, []));
    expect(nextSent(role)).toEqual([]);
    step(role, proposer(1), heartbeat(1, 1));
    expect(nextSent(role)).toHaveLength(1);
  });

  test("asks on where it got something, and mends its own acceptor with what came from others", () => {
    const role = new Learner(configurationOf(3), 2);
    const own = step(role, acceptor(2), chosen(1, ["a"]));
    expect(sent(own)).toEqual([{ to: acceptor(2), message: { kind: "CatchUp", from: 2 } }]);
    const other = chosen(1, ["a", "b"]);
    expect(sent(step(role, acceptor(3), other))).toEqual([
      { to: acceptor(2), message: other },
      { to: acceptor(3), message: { kind: "CatchUp", from: 3 } },
    ]);
    expect(sent(step(role, acceptor(3), other))).toEqual([]);
  });

  test("asks those who take part now, when all whom it knew may have gone", () => {
    const role = new Learner(configurationOf(3, { identities: 9 }), 1);
    const members = Memberships.first(membershipOf([1, 2, 3], majority(3)), 3);
    const next = changed(membershipOf([1, 2, 3], majority(3)), { add: 4, remove: 3 }, 9);
    if (typeof next === "string") throw new Error(next);
    const { bytes } = members.chosen(1, encodeMembership(next));
    step(role, proposer(1), { kind: "Heartbeat", ballot: 1, commitPoint: 1, round: 1, memberships: bytes });
    // A leader that was away tells of older ones.
    step(role, proposer(1), heartbeat(1, 1));
    const asked = [1, 2, 3, 4, 5].flatMap(() => nextSent(role).map(({ to }) => to));
    expect(asked).toEqual([1, 2, 3, 4, 1].map(acceptor));
  });

  const fetching = (): Learner => {
    const role = new Learner(configurationOf(3), 2);
    const asked = sent(step(role, acceptor(3), chosen(1, [], 10)));
    expect(asked).toEqual([{ to: learner(3), message: { kind: "FetchSnapshot", slot: 0, offset: 0 } }]);
    return role;
  };
  const part = (slot: number, offset: number, length = 5, sizeBytes = 12): Message => ({
    kind: "SnapshotPart",
    slot,
    offset,
    sizeBytes,
    bytes: new Uint8Array(length),
  });

  test("fetches a snapshot part by part where the log no longer goes back so far", () => {
    const role = fetching();
    const first = step(role, learner(3), part(10, 0));
    expect(first.deliver).toMatchObject([{ kind: "part", slot: 10, offset: 0 }]);
    expect(sent(first)).toEqual([{ to: learner(3), message: { kind: "FetchSnapshot", slot: 10, offset: 5 } }]);
    // From another learner, again, or one that comes later: not the next part.
    for (const [from, message] of [
      [learner(1), part(10, 5)],
      [learner(3), part(10, 0)],
      [learner(3), part(10, 10, 2)],
    ] as const) {
      expect(step(role, from, message)).toEqual(nothing);
    }
    expect(sent(step(role, learner(3), part(10, 5)))).toHaveLength(1);
    const last = step(role, learner(3), part(10, 10, 2));
    expect(last.deliver).toHaveLength(1);
    expect(sent(last)).toEqual([]);
    expect(turn((out) => role.installed(10, out, unchanged)).deliver).toEqual([]);
    expect(step(role, acceptor(3), chosen(11, ["k"])).deliver).toMatchObject([{ slot: 11 }]);
  });

  test("begins anew when the snapshot changed, is gone, or does not help", () => {
    for (const message of [part(11, 5), part(10, 5, 0), part(0, 5)]) {
      const role = fetching();
      step(role, learner(3), part(10, 0));
      expect(step(role, learner(3), message).deliver).toEqual([]);
      expect(sentKind(step(role, acceptor(1), chosen(1, [], 10)), "FetchSnapshot")).toEqual([
        { kind: "FetchSnapshot", slot: 0, offset: 0 },
      ]);
    }
  });

  test("asks again for a lost part, and gives up on who stays silent", () => {
    const role = fetching();
    expect(nextSent(role)).toEqual([{ to: learner(3), message: { kind: "FetchSnapshot", slot: 0, offset: 0 } }]);
    for (let ticks = 0; ticks < timing.electionTicks; ticks++) tick(role);
    expect(nextSent(role)).toMatchObject([{ message: { kind: "CatchUp", from: 1 } }]);
  });
});
