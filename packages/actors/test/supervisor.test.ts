import { Effect } from "effect";
import { expect, test, vi } from "vitest";
import { ActorError, protocolNamed, Supervisor, UnknownActor, type SupervisorSettings } from "../src/index.ts";

const settings: SupervisorSettings = {
  plan: protocolNamed("multi").plan({ nodes: 1, quorums: undefined, learning: undefined }),
  placement: "role",
  machine: { url: import.meta.resolve("@synod/machines"), factory: "newKeyValueMachine" },
  folder: undefined,
  snapshotBytes: 1_000_000,
  segmentBytes: 1_000_000,
  onNotice: () => undefined,
};

test("each role runs in a thread of its own; a killed one comes back in another, and with what it promised", async () => {
  const program = Effect.gen(function* () {
    const supervisor = yield* Supervisor.start(settings);
    // The only acceptor promises its own node's proposer.
    yield* Effect.promise(() =>
      vi.waitFor(
        async () => {
          const reports = await Effect.runPromise(supervisor.report);
          expect(reports.find(({ role }) => role === "acceptor")?.status["ballot"]).toBeGreaterThan(0);
        },
        { timeout: 10_000, interval: 10 },
      ),
    );
    const before = yield* supervisor.report;
    expect(new Set(before.map(({ thread }) => thread)).size).toBe(3);
    yield* supervisor.kill(1, "acceptor");
    expect(supervisor.actors.map(({ running }) => running)).toEqual([true, false, true]);
    expect((yield* supervisor.report).map(({ role }) => role)).toEqual(["proposer", "learner"]);
    yield* supervisor.restart(1, "acceptor");
    const found = supervisor.recoveries.find(({ recovery }) => recovery.role === "acceptor");
    expect(found?.recovery.records).toBeGreaterThan(0);
    const after = yield* supervisor.report;
    const promised = (reports: typeof after): number =>
      Number(reports.find(({ role }) => role === "acceptor")?.status["ballot"]);
    expect(promised(after)).toBeGreaterThanOrEqual(promised(before));
  });
  await Effect.runPromise(Effect.scoped(program));
});

test("a node that there is not is refused", async () => {
  const program = Effect.gen(function* () {
    const supervisor = yield* Supervisor.start({ ...settings, placement: "node" });
    return yield* Effect.flip(supervisor.kill(2));
  });
  const failure = await Effect.runPromise(Effect.scoped(program));
  expect(failure).toBeInstanceOf(UnknownActor);
  expect(failure.message).toBe("no node 2: expected one of 1");
});

test("a role that a node has not is refused", async () => {
  const program = Effect.gen(function* () {
    const supervisor = yield* Supervisor.start({ ...settings, placement: "node" });
    return yield* Effect.flip(supervisor.kill(1, "participant"));
  });
  const failure = await Effect.runPromise(Effect.scoped(program));
  expect(failure.message).toBe("node 1 has no participant: expected one of proposer, acceptor, learner");
});

test("a protocol that there is not is refused", () => {
  expect(() => protocolNamed("raft")).toThrow("expected one of basic, multi");
});

test("an actor whose machine cannot be imported does not start, and nothing of the rest stays", async () => {
  const machine = { url: "file:///nowhere/machine.ts", factory: "newNothing" };
  const failure = await Effect.runPromise(Effect.flip(Effect.scoped(Supervisor.start({ ...settings, machine }))));
  expect(failure).toBeInstanceOf(ActorError);
  expect(failure.message).toMatch(/^node 1 \w+: .*nowhere\/machine\.ts/);
});
