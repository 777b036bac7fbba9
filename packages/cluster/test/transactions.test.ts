/**
 * Transactions in worker threads, with what ends under them.
 */
import { CommandRefused } from "@synod/client";
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";

const protocols = ["commit", "two-phase", "three-phase"] as const;

test.each(protocols)("%s: a transaction is written as a whole, and found again in the folder", async (protocol) => {
  const data = newFolder();
  {
    await using cluster = await Cluster.start({ protocol, data });
    using client = cluster.transactions();
    const transaction = await client.begin();
    // With keys of all three participants.
    for (const key of ["city", "river", "hill"]) await client.put(transaction, key, `the ${key}`);
    expect(await client.get("city")).toBeUndefined();
    expect(await client.commit(transaction)).toBe(true);
    expect(await client.get("city")).toBe("the city");
  }
  await using cluster = await Cluster.start({ protocol, data });
  using client = cluster.transactions();
  const found = await Promise.all(["city", "river", "hill"].map((key) => client.get(key)));
  expect(found).toEqual(["the city", "the river", "the hill"]);
});

test.each(protocols)("%s: of two transactions that write one key the later aborts, as a whole", async (protocol) => {
  await using cluster = await Cluster.start({ protocol });
  using client = cluster.transactions();
  const [one, other] = [await client.begin(), await client.begin()];
  await client.put(one, "city", "Vienna");
  await client.put(other, "river", "Danube");
  await expect(client.put(other, "city", "Linz")).rejects.toThrow(CommandRefused);
  await expect(client.commit(other)).rejects.toThrow(`transaction ${other} is not open`);
  expect(await client.commit(one)).toBe(true);
  expect([await client.get("city"), await client.get("river")]).toEqual(["Vienna", undefined]);
});

test("commit: another leader commits what the one that began it cannot", async () => {
  await using cluster = await Cluster.start({ protocol: "commit" });
  using client = cluster.transactions();
  const transaction = await client.begin();
  await client.put(transaction, "city", "Vienna");
  await client.put(transaction, "river", "Danube");
  await cluster.kill(((transaction - 1) % 3) + 1, "proposer");
  await cluster.kill(2, "acceptor");
  expect(await client.commit(transaction)).toBe(true);
  expect([await client.get("city"), await client.get("river")]).toEqual(["Vienna", "Danube"]);
});

test("commit: a participant that was down has lost what it had not voted for, and the rest aborts", async () => {
  await using cluster = await Cluster.start({ protocol: "commit" });
  using client = cluster.transactions();
  const transaction = await client.begin();
  for (const key of ["city", "river", "hill"]) await client.put(transaction, key, "new");
  await cluster.kill(3, "participant");
  await cluster.restart(3, "participant");
  expect(await client.commit(transaction)).toBe(false);
  const found = await Promise.all(["city", "river", "hill"].map((key) => client.get(key)));
  expect(found).toEqual([undefined, undefined, undefined]);
});

test("a transaction may be given up, and its locks are free", async () => {
  await using cluster = await Cluster.start({ protocol: "commit" });
  using client = cluster.transactions();
  const one = await client.begin();
  await client.put(one, "city", "Vienna");
  await client.abort(one);
  const other = await client.begin();
  await client.put(other, "city", "Linz");
  expect(await client.commit(other)).toBe(true);
});

test("a client of transactions says what it cannot do", async () => {
  await using cluster = await Cluster.start({ protocol: "two-phase" });
  expect(() => cluster.client()).toThrow("the protocol two-phase keeps transactions, not a store");
  const client = cluster.transactions();
  await expect(client.put(1, "city", "Vienna")).rejects.toThrow("transaction 1 is not open: begin one");
  expect(await client.commit(await client.begin())).toBe(true);
  await expect(client.get("k".repeat(2000))).rejects.toMatchObject({ name: "LimitError" });
  await cluster.kill(1);
  await cluster.kill(2);
  await cluster.kill(3);
  await expect(client.begin({ deadlineMs: 100 })).rejects.toMatchObject({ _tag: "Timeout" });
  client.close();
  await expect(client.begin()).rejects.toMatchObject({ _tag: "Closed" });
  await expect(Cluster.start({ protocol: "two-phase", quorums: { phase1: 2, phase2: 2 } })).rejects.toThrow("has none");
  await expect(Cluster.start({ protocol: "commit", learning: "every" })).rejects.toThrow("has no learners");
});
