/**
 * Primary-backup in worker threads: a server that is killed is replaced by its backup, which has all that was answered.
 */
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";

/** The node of the server that takes itself for the primary, or for whatever is asked for; 0 when there is none. */
async function nodeThatIs(cluster: Cluster, what: "primary" | "backup"): Promise<number> {
  const { roles } = await cluster.status();
  return roles.find(({ report }) => report?.status["is"] === what)?.node ?? 0;
}

test("what is put is at the primary and its backup, which takes its place", async () => {
  await using cluster = await Cluster.start({ protocol: "primary-backup" });
  using client = cluster.values();
  expect(await client.get("city")).toBeUndefined();
  await client.put("city", "Vienna");
  expect(await client.get("city")).toBe("Vienna");
  await expect.poll(() => nodeThatIs(cluster, "backup")).toBeGreaterThan(1);
  // From now on it is at both.
  await client.put("city", "Linz");
  const primary = await nodeThatIs(cluster, "primary");
  await cluster.kill(primary);
  expect(await client.get("city")).toBe("Linz");
  await client.put("hill", "Kahlenberg");
  await client.delete("city");
  expect(await client.get("city")).toBeUndefined();
  await cluster.restart(primary);
  // It is given all, and with it that a value was removed.
  await expect.poll(() => nodeThatIs(cluster, "backup"), { timeout: 10_000 }).toBe(primary);
  await client.put("hill", "Bisamberg");
  await cluster.kill(await nodeThatIs(cluster, "primary"));
  expect(await client.get("hill")).toBe("Bisamberg");
  expect(await client.get("city")).toBeUndefined();
});

test("it is found again in the folder, and a later client's writes are not taken for an earlier one's", async () => {
  const data = newFolder();
  for (const value of ["one", "two"]) {
    await using cluster = await Cluster.start({ protocol: "primary-backup", data });
    using client = cluster.values();
    if (value === "two") expect(await client.get("key", { deadlineMs: 20_000 })).toBe("one");
    await client.put("key", value);
    expect(await client.get("key")).toBe(value);
  }
});

test("a client of values says what it cannot do", async () => {
  await using cluster = await Cluster.start({ protocol: "primary-backup" });
  expect(cluster.options.plan.caution).toContain("is not safe");
  expect(() => cluster.client()).toThrow("the protocol primary-backup keeps values, not a store");
  const client = cluster.values();
  await expect(client.put("k".repeat(2000), "v")).rejects.toMatchObject({ name: "LimitError" });
  for (const node of [1, 2, 3]) await cluster.kill(node);
  await expect(client.put("k", "v", { deadlineMs: 100 })).rejects.toMatchObject({ _tag: "Timeout" });
  client.close();
  await expect(client.get("k")).rejects.toMatchObject({ _tag: "Closed" });
  const start = (options: object) => Cluster.start({ protocol: "primary-backup", ...options });
  await expect(start({ nodes: 1 })).rejects.toThrow("takes 2 or more");
  await expect(start({ quorums: { phase1: 2, phase2: 2 } })).rejects.toThrow("has none");
  await expect(start({ learning: "every" })).rejects.toThrow("has no learners");
});
