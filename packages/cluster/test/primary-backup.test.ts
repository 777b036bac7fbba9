/**
 * Primary-backup in worker threads: a server that is killed is replaced by its backup, which has all that was answered.
 */
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";

/** On a machine that is busy a server may be taken for dead, and its part given to another one. */
const patient = { deadlineMs: 30_000 };

interface Pair {
  readonly view: number;
  readonly primary: number;
  readonly hasBackup: boolean;
}

/** The primary, and whether it and a backup act in one view. */
async function pairOf(cluster: Cluster): Promise<Pair> {
  const { roles } = await cluster.status();
  const servers = roles.flatMap(({ node, report }) => (report === undefined ? [] : [{ node, ...report.status }]));
  const found = servers.map((status) => status as Readonly<Record<string, unknown>>);
  const primary = found.find((each) => each["is"] === "primary");
  const backup = found.find((each) => each["is"] === "backup" && each["view"] === primary?.["view"]);
  // Until the view server has heard that the primary acts in this view, it names no other one.
  const isKnown = found.some((each) => each["acknowledged"] === true && each["view"] === primary?.["view"]);
  const hasBackup = isKnown && backup !== undefined && primary?.["alone"] === false;
  return { view: Number(primary?.["view"] ?? 0), primary: Number(primary?.["node"] ?? 0), hasBackup };
}

test("what is put is at the primary and its backup, which takes its place", async () => {
  await using cluster = await Cluster.start({ protocol: "primary-backup" });
  using client = cluster.values();
  expect(await client.get("city", patient)).toBeUndefined();
  let primary = 0;
  await expect
    .poll(
      async () => {
        const before = await pairOf(cluster);
        await client.put("city", "Vienna", patient);
        await client.put("hill", "Kahlenberg", patient);
        await client.delete("hill", patient);
        const after = await pairOf(cluster);
        primary = after.primary;
        // Then what was acknowledged meanwhile is at both.
        return before.hasBackup && after.hasBackup && before.view === after.view;
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  await cluster.kill(primary);
  expect([await client.get("city", patient), await client.get("hill", patient)]).toEqual(["Vienna", undefined]);
  await cluster.restart(primary);
  await client.put("river", "Danube", patient);
  expect(await client.get("river", patient)).toBe("Danube");
}, 120_000);

test("it is found again in the folder, and a later client's writes are not taken for an earlier one's", async () => {
  const data = newFolder();
  for (const value of ["one", "two"]) {
    await using cluster = await Cluster.start({ protocol: "primary-backup", data });
    using client = cluster.values();
    if (value === "two") expect(await client.get("key", patient)).toBe("one");
    await client.put("key", value, patient);
    expect(await client.get("key", patient)).toBe(value);
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
