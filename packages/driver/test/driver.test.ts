import { limits } from "@synod/protocol";
import { expect, test } from "vitest";
import { failure, note, say, script, someone, Stage, vote } from "./stage.ts";

test("a turn sends at once, syncs once for all its entries, and then lets go of what waited", () => {
  const stage = new Stage();
  expect(stage.turn(vote("a"), say("hello"), vote("b"))).toEqual([
    "send hello",
    "append a@0",
    "append b@0",
    "sync",
    "send after a",
    "send after b",
  ]);
});

test("what waits for a sync that ends later does not leave before, and what does not wait goes on", () => {
  const stage = new Stage({ later: true });
  stage.turn(vote("a"));
  expect(stage.turn(vote("b"), say("hello"))).toEqual(["send hello", "append b@0"]);
  expect(stage.syncing).toBe(1);
  // The first sync says nothing of b, which was appended after it began.
  stage.finishSync();
  expect(stage.events.slice(-3)).toEqual(["synced", "send after a", "sync"]);
  stage.finishSync();
  expect(stage.events.slice(-2)).toEqual(["synced", "send after b"]);
});

test("what is to be sent after persisting nothing waits for the sync that runs, as all before it must be durable", () => {
  const stage = new Stage({ later: true });
  stage.turn(vote("a"));
  stage.turn((out) => out.sendAfterPersist.push({ to: someone, message: note("depends on a") }));
  expect(stage.events).not.toContain("send depends on a");
  stage.finishSync();
  expect(stage.events.slice(-2)).toEqual(["send after a", "send depends on a"]);
});

test("without entries there is no sync, and nothing waits", () => {
  const stage = new Stage({ later: true });
  expect(stage.turn((out) => out.sendAfterPersist.push({ to: someone, message: note("now") }))).toEqual(["send now"]);
  expect(stage.driver.counters).toMatchObject({ turns: 1, messages: 1, entries: 0, syncs: 0 });
});

test.each(["append", "sync"] as const)(
  "after a failed %s nothing that waited leaves, ever, and it is said once",
  (at) => {
    const stage = new Stage();
    stage.failing = at;
    stage.turn(vote("a"));
    stage.failing = undefined;
    stage.turn(vote("b"), say("hello"));
    stage.role.onTick = say("tick");
    stage.driver.tick();
    stage.driver.act(say("act"));
    expect(stage.failures).toEqual([failure]);
    expect(stage.events.filter((event) => event.startsWith("send"))).toEqual([]);
  },
);

test("a sync that fails later stops the role, with what came meanwhile", () => {
  const stage = new Stage({ later: true });
  stage.turn(vote("a"));
  stage.turn(vote("b"));
  stage.driver.post(someone, script(say("too late")));
  stage.finishSync(failure);
  expect(stage.failures).toEqual([failure]);
  expect(stage.events.at(-1)).toBe("synced");
  // A stopped driver that had something to do would keep its host turning for ever.
  expect(stage.driver.busy).toBe(false);
});

test("a full segment is left once nothing is unsynced, and begins with the checkpoint", () => {
  const stage = new Stage({ segmentBytes: 6 });
  expect(stage.turn(vote("a"))).not.toContain("rotate checkpoint@0");
  expect(stage.turn(vote("b"))).toEqual(["append b@0", "sync", "send after b", "rotate checkpoint@0"]);
});

test("a full segment is left also when there is always something unsynced", () => {
  const stage = new Stage({ later: true, segmentBytes: 12 });
  stage.turn(vote("a", 1));
  for (let slot = 2; slot <= 6; slot++) {
    stage.turn(vote("b", slot), (out) => (out.trimThrough = slot - 1));
    stage.finishSync();
    if (stage.syncing === 0) stage.turn(vote("c", slot));
  }
  expect(stage.events).toContain("rotate checkpoint@0");
  expect(stage.events.filter((event) => event.startsWith("trim"))).not.toEqual([]);
});

test("rotating makes what was appended durable, so what waited for the next sync leaves", () => {
  const stage = new Stage({ later: true, segmentBytes: 4 });
  stage.turn(vote("a", 1));
  stage.turn(vote("b", 2));
  stage.finishSync();
  expect(stage.events.slice(-4)).toEqual(["synced", "send after a", "rotate checkpoint@0", "send after b"]);
  expect(stage.syncing).toBe(0);
});

test("nothing is trimmed before the entry that says so is durable", () => {
  const stage = new Stage({ later: true });
  stage.turn(vote("trim"), (out) => (out.trimThrough = 7));
  expect(stage.events).not.toContain("trim 7");
  stage.finishSync();
  expect(stage.events.at(-1)).toBe("trim 7");
  // Once is enough.
  stage.turn();
  expect(stage.events.filter((event) => event === "trim 7")).toHaveLength(1);
});

test.each(["rotate", "trim"] as const)("a failed %s stops the role", (at) => {
  const stage = new Stage({ segmentBytes: 1 });
  stage.failing = at;
  stage.turn(vote("a", 1), (out) => (out.trimThrough = 1));
  expect(stage.failures).toEqual([failure]);
  expect(stage.turn(say("hello"))).toEqual([]);
});

test("an error that is no storage error is not swallowed", () => {
  const stage = new Stage();
  expect(() =>
    stage.turn(() => {
      throw new Error("broken invariant");
    }),
  ).toThrow("broken invariant");
});

test("a delivery may act on the role: its turn does what it asks, also further deliveries", () => {
  const stage = new Stage();
  const happened = stage.turn((out) =>
    out.deliver.push(() =>
      stage.driver.act((inner) => {
        vote("from a delivery")(inner);
        inner.deliver.push(say("second delivery"));
      }),
    ),
  );
  expect(happened).toEqual(["send second delivery", "append from a delivery@0", "sync", "send after from a delivery"]);
  expect(stage.driver.counters.turns).toBe(1);
});

test("outside a turn, acting on the role is a turn of its own", () => {
  const stage = new Stage();
  stage.driver.act(vote("a"));
  expect(stage.events).toEqual(["append a@0", "sync", "send after a"]);
});

test("a role that is stopped at a delivery, as when its snapshot fails, says nothing any more", () => {
  const stage = new Stage();
  const happened = stage.turn((out) => {
    vote("a")(out);
    say("hello")(out);
    out.sendAfterPersist.push({ to: someone, message: note("waited") });
    out.deliver.push(() => stage.driver.stop());
  });
  expect(happened).toEqual([]);
});

test("messages are refused and counted while too much waits for a sync", () => {
  const stage = new Stage({ later: true });
  stage.turn((out) => {
    vote("a")(out);
    for (let i = 1; i < limits.waitingMessages; i++) {
      out.sendAfterPersist.push({ to: someone, message: note("waits") });
    }
  });
  stage.driver.post(someone, note("one too many"));
  expect(stage.driver.busy).toBe(false);
  expect(stage.driver.counters.droppedMessages).toBe(1);
  stage.finishSync();
  stage.driver.post(someone, note("again"));
  expect(stage.driver.busy).toBe(true);
});

test("a tick is a turn", () => {
  const stage = new Stage();
  stage.role.onTick = vote("tick");
  stage.driver.tick();
  expect(stage.events).toEqual(["append tick@0", "sync", "send after tick"]);
});

test("the role gets back what it persisted, in order", () => {
  const stage = new Stage({ records: ["a@1", "b@2"] });
  expect(stage.driver.recover()).toMatchObject({ records: 2 });
  expect(stage.role.restored).toEqual(["a@1", "b@2"]);
});
