import { Closed, KeyValue, NoQuorum, type KeyValueClient } from "@synod/client";
import { Effect, Layer } from "effect";
import { expect, test, vi } from "vitest";
import { ActorError, UnknownActor } from "@synod/actors";
import { Cluster, ClusterService, ConfigurationError, keyValueLayer, type ClusterOptions } from "../src/index.ts";
import { newFolder } from "./folders.ts";
import { leaderOf } from "./load.ts";

const placements = ["role", "node"] as const;

/** Another node than `node`, of three. */
const after = (node: number): number => (node % 3) + 1;

test.each([
  { nodes: 1, placement: "role" as const, durable: false },
  { nodes: 3, placement: "role" as const, durable: true },
  { nodes: 3, placement: "node" as const, durable: false },
  { nodes: 5, placement: "node" as const, durable: true },
])("starts and serves: %j", async ({ nodes, placement, durable }) => {
  const options: ClusterOptions = { nodes, placement, ...(durable ? { data: newFolder() } : {}) };
  await using cluster = await Cluster.start(options);
  const client = cluster.client();
  await client.put("a", "1", { deadlineMs: 10_000 });
  expect(await client.append("a", "2")).toBe(2);
  expect(await client.get("a")).toBe("12");
  const { leader, roles } = await cluster.status();
  expect(leader).toBeGreaterThan(0);
  expect(roles).toHaveLength(3 * nodes);
  expect(roles.slice(0, 3).map(({ node, role }) => `${node} ${role}`)).toEqual([
    "1 proposer",
    "1 acceptor",
    "1 learner",
  ]);
  expect(roles.every(({ running, report }) => running && report !== undefined)).toBe(true);
  const threads = new Set(roles.map(({ report }) => report?.thread));
  expect(threads.size).toBe(placement === "node" ? nodes : 3 * nodes);
});

test("clusters of flexible quorums, and of votes told to every learner, serve as well", async () => {
  await using cluster = await Cluster.start({ nodes: 3, quorums: { phase1: 3, phase2: 1 }, learning: "every" });
  const client = cluster.client();
  await client.put("a", "1", { deadlineMs: 10_000 });
  const leader = await leaderOf(cluster);
  // Phase 2 needs one acceptor alone.
  await cluster.kill(after(leader), "acceptor");
  await cluster.kill(after(after(leader)), "acceptor");
  await client.put("a", "2", { deadlineMs: 10_000 });
  expect(await client.get("a")).toBe("2");
});

test.each(placements)("after the leader's node is killed the next put succeeds, placement %s", async (placement) => {
  await using cluster = await Cluster.start({ nodes: 3, placement });
  const client = cluster.client();
  await client.put("a", "1");
  const leader = await leaderOf(cluster);
  await cluster.kill(leader);
  expect((await cluster.status()).roles.filter(({ running }) => !running).map(({ node }) => node)).toEqual([
    leader,
    leader,
    leader,
  ]);
  await client.put("a", "2", { deadlineMs: 5000 });
  expect(await client.get("a")).toBe("2");
  const next = await leaderOf(cluster);
  expect(next).not.toBe(leader);
  await cluster.restart(leader);
  expect((await cluster.status()).roles.every(({ running }) => running)).toBe(true);
});

test("after a single role of the leader's node is killed it goes on, whichever it is", async () => {
  await using cluster = await Cluster.start({ nodes: 3 });
  const client = cluster.client();
  await client.put("a", "1", { deadlineMs: 10_000 });
  for (const role of ["proposer", "acceptor", "learner"] as const) {
    const leader = await leaderOf(cluster);
    await cluster.kill(leader, role);
    const { roles } = await cluster.status();
    expect(roles.filter(({ running }) => !running)).toMatchObject([{ node: leader, role }]);
    await client.put("a", role, { deadlineMs: 5000 });
    expect(await client.get("a", { deadlineMs: 5000 })).toBe(role);
    await cluster.restart(leader, role);
  }
  expect((await cluster.status()).roles.every(({ running }) => running)).toBe(true);
});

test("two kills leave no quorum, which a put says; a restart brings it back", async () => {
  await using cluster = await Cluster.start({ nodes: 3, placement: "node" });
  const client = cluster.client();
  await client.put("a", "1");
  const leader = await leaderOf(cluster);
  await cluster.kill(after(leader));
  await cluster.kill(leader);
  const failure: unknown = await client.put("a", "2", { deadlineMs: 1500 }).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(NoQuorum);
  expect(failure).toMatchObject({ reachable: 1, needed: 2 });
  await cluster.restart(leader);
  await client.put("a", "3", { deadlineMs: 10_000 });
  expect(await client.get("a")).toBe("3");
});

test("a node or role that this cluster does not have is refused", async () => {
  await using cluster = await Cluster.start({ nodes: 1, placement: "node" });
  await expect(cluster.kill(2)).rejects.toBeInstanceOf(UnknownActor);
  await expect(cluster.restart(0)).rejects.toBeInstanceOf(UnknownActor);
  await expect(cluster.kill(1, "acceptor")).rejects.toThrow("share a thread");
});

test("killing what is dead and restarting what runs changes nothing", async () => {
  await using cluster = await Cluster.start({ nodes: 3, placement: "node" });
  await cluster.kill(1);
  await cluster.kill(1);
  await cluster.restart(1);
  await cluster.restart(1);
  const { roles } = await cluster.status();
  expect(new Set(roles.map(({ report }) => report?.thread)).size).toBe(3);
});

test("kills and restarts at the same time end as the last one says", async () => {
  await using cluster = await Cluster.start({ nodes: 3, placement: "node" });
  await cluster.kill(1);
  // The kill finds a thread that is only starting: it waits for it, and ends it.
  await Promise.all([cluster.restart(1), cluster.kill(1)]);
  const { roles } = await cluster.status();
  expect(roles.filter(({ running }) => !running).map(({ node }) => node)).toEqual([1, 1, 1]);
  await Promise.all([cluster.restart(1), cluster.restart(1)]);
  const client = cluster.client();
  await client.put("a", "1", { deadlineMs: 10_000 });
  expect((await cluster.status()).roles.every(({ running }) => running)).toBe(true);
});

/** Adds up numbers in one key by cas until told to stop; returns how often it is known to have, and how often it may have. */
async function addUp(client: KeyValueClient, stopped: () => boolean): Promise<{ known: number; possible: number }> {
  let known = 0;
  let possible = 0;
  while (!stopped()) {
    try {
      const now = await client.get("sum", { deadlineMs: 10_000 });
      possible += 1;
      if (await client.cas("sum", now, String(Number(now ?? 0) + 1), { deadlineMs: 10_000 })) known += 1;
      else possible -= 1;
    } catch (failure) {
      // Nobody knows whether it took effect.
      if (!(failure instanceof Error) || !("_tag" in failure)) throw failure;
    }
  }
  return { known, possible };
}

test.each([
  { placement: "role" as const, durable: true },
  { placement: "node" as const, durable: false },
])("restarting everything one by one under load loses nothing: %j", async ({ placement, durable }) => {
  await using cluster = await Cluster.start({
    nodes: 3,
    placement,
    // So that what restarts comes back from snapshots and trimmed logs as well.
    snapshotBytes: 20_000,
    segmentBytes: 10_000,
    ...(durable ? { data: newFolder() } : {}),
  });
  let stopped = false;
  const adding = [cluster.client(), cluster.client()].map((client) => addUp(client, () => stopped));
  const appended = cluster.client();
  let appends = 0;
  for (const node of [1, 2, 3, 1]) {
    await cluster.kill(node);
    for (let i = 0; i < 10; i++) expect(await appended.append("log", "x", { deadlineMs: 10_000 })).toBe(++appends);
    await cluster.restart(node);
    for (let i = 0; i < 10; i++) expect(await appended.append("log", "x", { deadlineMs: 10_000 })).toBe(++appends);
  }
  stopped = true;
  const counts = await Promise.all(adding);
  const sum = Number(await appended.get("sum", { deadlineMs: 10_000 }));
  const known = counts.reduce((total, count) => total + count.known, 0);
  const possible = counts.reduce((total, count) => total + count.possible, 0);
  expect(known).toBeGreaterThan(0);
  expect(sum).toBeGreaterThanOrEqual(known);
  expect(sum).toBeLessThanOrEqual(possible);
  expect((await appended.get("log"))?.length).toBe(appends);
});

test("a learner that was down while the log was trimmed comes back by another's snapshot", async () => {
  await using cluster = await Cluster.start({
    nodes: 3,
    data: newFolder(),
    placement: "node",
    snapshotBytes: 20_000,
    segmentBytes: 10_000,
  });
  const client = cluster.client();
  await client.put("first", "1");
  const behind = after(await leaderOf(cluster));
  await cluster.kill(behind);
  const value = "v".repeat(5000);
  await vi.waitFor(
    async () => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => client.put(`k${index}`, value)));
      for (const { node, role, report } of (await cluster.status()).roles) {
        if (node !== behind && role === "acceptor") expect(report?.status["trimmedThrough"]).toBeGreaterThan(2);
      }
    },
    { timeout: 10_000, interval: 0 },
  );
  await cluster.restart(behind);
  await client.put("last", "1");
  await vi.waitFor(
    async () => {
      const { roles } = await cluster.status();
      const applied = roles.filter(({ role }) => role === "learner").map(({ report }) => report?.status["applied"]);
      expect(new Set(applied).size).toBe(1);
    },
    { timeout: 10_000, interval: 20 },
  );
});

test("after close nothing is left: what waits fails, and what is called then fails too", async () => {
  const cluster = await Cluster.start({ nodes: 3, placement: "node" });
  const client = cluster.client();
  await client.put("a", "1");
  await cluster.kill(1);
  await cluster.kill(2);
  const unanswered = client.put("a", "2");
  await Promise.all([cluster.close(), expect(unanswered).rejects.toBeInstanceOf(Closed)]);
  await cluster.close();
  await expect(client.get("a")).rejects.toBeInstanceOf(Closed);
  await expect(cluster.client().get("a")).rejects.toBeInstanceOf(Closed);
  await expect(cluster.restart(1)).rejects.toBeInstanceOf(ActorError);
});

test("the same as a layer, for Effect programs", async () => {
  const program = Effect.gen(function* () {
    const store = yield* KeyValue;
    yield* store.put("a", "1");
    const cluster = yield* ClusterService;
    return { value: yield* store.get("a"), nodes: cluster.options.nodes };
  });
  const cluster = Cluster.layer({ nodes: 1 });
  const live = Layer.provideMerge(keyValueLayer, cluster);
  expect(await Effect.runPromise(program.pipe(Effect.provide(live)))).toEqual({ value: "1", nodes: 1 });
});

test("a layer that cannot be made fails with its typed error", async () => {
  const failure = await Effect.runPromise(Effect.flip(Layer.build(Cluster.layer({ nodes: 0 })).pipe(Effect.scoped)));
  expect(failure).toBeInstanceOf(ConfigurationError);
});

test("named decrees are chosen once, outlive a node, and are found again in the folder", async () => {
  const data = newFolder();
  {
    await using cluster = await Cluster.start({ protocol: "basic", data });
    using client = cluster.decrees();
    expect(await client.propose("color", "red")).toBe("red");
    await cluster.kill(1);
    expect(await client.propose("color", "blue")).toBe("red");
    expect(await client.propose("shape", "round")).toBe("round");
  }
  await using cluster = await Cluster.start({ protocol: "basic", data });
  using client = cluster.decrees();
  expect(await Promise.all([client.propose("color", "green"), client.propose("shape", "flat")])).toEqual([
    "red",
    "round",
  ]);
  await cluster.kill(2);
  await cluster.kill(3);
  await expect(client.propose("size", "large", { deadlineMs: 100 })).rejects.toMatchObject({ _tag: "Timeout" });
});

test("a cluster has no client of what its protocol does not keep", async () => {
  await using cluster = await Cluster.start({ protocol: "basic", nodes: 1 });
  expect(() => cluster.client()).toThrow("the protocol basic keeps decrees, not a store");
  await expect(Cluster.start({ protocol: "raft" })).rejects.toMatchObject({
    _tag: "ConfigurationError",
    message: expect.stringContaining("protocol: expected one of basic, multi"),
  });
});
