import { jsonCodec, type MachineClient } from "@synod/client";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";

const counter = { url: new URL("./machines.ts", import.meta.url).href, factory: "newCounter" };
type Counter = MachineClient<number | "poison", number, null, number>;
const counterOf = (cluster: Cluster): Counter => cluster.machineClient(jsonCodec());

const soon = { timeout: 10_000, interval: 10 };

test("an own machine is served, and comes back from its folder", async () => {
  const options = { nodes: 3, placement: "node", data: newFolder(), machine: counter } as const;
  {
    await using cluster = await Cluster.start(options);
    const client = counterOf(cluster);
    expect(await client.command(2, { deadlineMs: 10_000 })).toBe(2);
    expect(await client.command(3)).toBe(5);
  }
  await using cluster = await Cluster.start(options);
  expect(await counterOf(cluster).query(null, { deadlineMs: 10_000 })).toBe(5);
});

test("a machine that throws at a command ends its learners; they are not started again without end", async () => {
  const notices: string[] = [];
  await using cluster = await Cluster.start({ nodes: 1, machine: counter, onNotice: (notice) => notices.push(notice) });
  const client = counterOf(cluster);
  expect(await client.command(1, { deadlineMs: 10_000 })).toBe(1);
  const poisoned = client.command("poison", { deadlineMs: 20_000 }).catch((failure: unknown) => failure);
  await vi.waitFor(() => expect(notices.at(-1)).toContain("stays down until it is restarted"), soon);
  expect(notices[0]).toMatch(/^node 1 learner ended: .*poisoned.*starting it again$/);
  expect(notices).toHaveLength(6);
  const { roles } = await cluster.status();
  expect(roles.filter(({ running }) => !running)).toMatchObject([{ node: 1, role: "learner" }]);
  client.close();
  expect(await poisoned).toHaveProperty("_tag", "Closed");
});

test("a role whose storage fails stops, which is reported; it comes back when it is restarted", async () => {
  const data = newFolder();
  const notices: string[] = [];
  await using cluster = await Cluster.start({
    nodes: 3,
    data,
    segmentBytes: 3000,
    onNotice: (notice) => notices.push(notice),
  });
  const client = cluster.client();
  await client.put("a", "1", { deadlineMs: 10_000 });
  const log = join(data, "node-2", "acceptor", "log");
  // The next segment of its log cannot be made.
  renameSync(log, `${log}-away`);
  await vi.waitFor(async () => {
    await client.append("a", "x".repeat(500), { deadlineMs: 10_000 });
    expect(notices).not.toEqual([]);
  }, soon);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/^node 2 acceptor stopped: .*acceptor\/log/);
  const { roles } = await cluster.status();
  expect(roles.filter(({ running }) => !running)).toMatchObject([{ node: 2, role: "acceptor" }]);
  const before = await client.get("a", { deadlineMs: 10_000 });

  // Without its log it must not vote under its old name.
  await expect(cluster.restart(2, "acceptor")).rejects.toThrow(/node 2 acceptor: .*the log is missing/);
  renameSync(`${log}-away`, log);
  await cluster.restart(2, "acceptor");
  expect((await cluster.status()).roles.every(({ running }) => running)).toBe(true);
  await cluster.kill(3);
  await client.append("a", "!", { deadlineMs: 10_000 });
  expect(await client.get("a", { deadlineMs: 10_000 })).toBe(`${before}!`);
});
