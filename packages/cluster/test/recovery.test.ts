import { StorageError } from "@synod/storage";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Cluster, ConfigurationError, type ClusterOptions } from "../src/index.ts";
import { filesOf, newFolder } from "./folders.ts";

const counter = { url: new URL("./machines.ts", import.meta.url).href, factory: "newCounter" };
const base = { nodes: 3, placement: "node" } as const;

async function refusal(options: ClusterOptions): Promise<unknown> {
  return Cluster.start(options).then(
    async (cluster) => {
      await cluster.close();
      return "it started";
    },
    (reason: unknown) => reason,
  );
}

test("a restart comes back from snapshots and the tails of the logs", async () => {
  const data = newFolder();
  const options = { ...base, data, snapshotBytes: 20_000, segmentBytes: 10_000 };
  const value = "v".repeat(2000);
  {
    await using cluster = await Cluster.start(options);
    const client = cluster.client();
    await vi.waitFor(
      async () => {
        await Promise.all(Array.from({ length: 20 }, (_, index) => client.put(`k${index}`, value)));
        const { roles } = await cluster.status();
        const learners = roles.filter(({ role }) => role === "learner");
        for (const { report } of learners) expect(report?.status["snapshotsTaken"]).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 0 },
    );
    await client.put("last", "1");
  }
  await using cluster = await Cluster.start(options);
  const learners = cluster.recovered.filter(({ recovery }) => recovery.role === "learner");
  expect(learners).toHaveLength(3);
  for (const { recovery } of learners) expect(recovery.snapshotSlot).toBeGreaterThan(0);
  const client = cluster.client();
  expect(await client.get("last", { deadlineMs: 10_000 })).toBe("1");
  for (let index = 0; index < 20; index++) expect(await client.get(`k${index}`)).toBe(value);
});

test("a folder is held to the cluster that it was made for", async () => {
  const data = newFolder();
  await (await Cluster.start({ ...base, data })).close();
  const nodes = await refusal({ ...base, nodes: 5, data });
  expect(nodes).toBeInstanceOf(ConfigurationError);
  expect(nodes).toHaveProperty("message", expect.stringContaining("holds a cluster of 3 nodes, got nodes 5"));
  const machine = await refusal({ ...base, data, machine: counter });
  expect(machine).toBeInstanceOf(ConfigurationError);
  expect(machine).toHaveProperty("message", expect.stringContaining("state machine kv/1, got counter/1"));

  const marker = join(data, "cluster.json");
  const text = readFileSync(marker, "utf8");
  writeFileSync(marker, text.replace(/"format":\d/, '"format":9'));
  expect(await refusal({ ...base, data })).toMatchObject({ name: "StorageError", reason: "version", where: marker });
  writeFileSync(marker, "{");
  expect(await refusal({ ...base, data })).toMatchObject({ name: "StorageError", reason: "corrupt", where: marker });

  // A refusal leaves neither a lock nor a thread behind.
  writeFileSync(marker, text);
  await using cluster = await Cluster.start({ ...base, data });
  await cluster.client().put("a", "1", { deadlineMs: 10_000 });
});

test("a folder that is in use is refused, in the same process and in another", async () => {
  const data = newFolder();
  const cluster = await Cluster.start({ ...base, nodes: 1, data });
  const failure = await refusal({ ...base, nodes: 1, data });
  expect(failure).toBeInstanceOf(StorageError);
  expect(failure).toMatchObject({ reason: "in-use", message: expect.stringContaining(`process ${process.pid}`) });
  await cluster.close();

  const script = new URL("./holder.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=@synod/source", script, data], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    expect(await refusal({ ...base, nodes: 1, data })).toMatchObject({
      reason: "in-use",
      message: expect.stringContaining(`process ${child.pid}`),
    });
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  // The lock of a dead process is no lock, and what it had acknowledged is there.
  await using after = await Cluster.start({ ...base, nodes: 1, data });
  expect(await after.client().get("held", { deadlineMs: 10_000 })).toBe("yes");
});

test("a torn tail is cut back, and said; nothing acknowledged is lost", async () => {
  const data = newFolder();
  {
    await using cluster = await Cluster.start({ ...base, data });
    const client = cluster.client();
    await client.put("a", "1", { deadlineMs: 10_000 });
    await client.put("b", "2");
    // Ended as by a crash: a log that is closed in good order has no torn tail.
    for (const node of [1, 2, 3]) await cluster.kill(node);
  }
  const [log = ""] = filesOf(data, 1, "acceptor").slice(-1);
  const [other = ""] = filesOf(data, 2, "acceptor").slice(-1);
  appendFileSync(log, new Uint8Array(50).fill(7));
  truncateSync(other, statSync(other).size - 3);
  await using cluster = await Cluster.start({ ...base, data });
  const torn = cluster.recovered.filter(({ recovery }) => recovery.tornBytes > 0);
  expect(torn).toMatchObject([
    { node: 1, recovery: { role: "acceptor", tornBytes: 50 } },
    { node: 2, recovery: { role: "acceptor" } },
  ]);
  const client = cluster.client();
  expect(await client.get("a", { deadlineMs: 10_000 })).toBe("1");
  expect(await client.get("b")).toBe("2");
});

test("a log that is corrupt before its tail is refused by name and place", async () => {
  const data = newFolder();
  {
    await using cluster = await Cluster.start({ ...base, data });
    const client = cluster.client();
    for (let i = 0; i < 10; i++) await client.put(`k${i}`, "v".repeat(100), { deadlineMs: 10_000 });
  }
  const [log = ""] = filesOf(data, 2, "acceptor");
  const bytes = readFileSync(log);
  bytes[500] = (bytes[500] ?? 0) ^ 0xff;
  writeFileSync(log, bytes);
  const failure = await refusal({ ...base, data });
  expect(failure).toHaveProperty("name", "ActorError");
  expect(failure).toHaveProperty("message", expect.stringContaining(log));
  expect(failure).toHaveProperty("message", expect.stringContaining("node 2"));
  rmSync(data, { recursive: true });
});
