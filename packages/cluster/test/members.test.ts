/**
 * Nodes that join, leave and are replaced while clients go on.
 */
import { Cancelled, ChangeRefused } from "@synod/client";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";
import { leaderOf, load, nodesOf, patient, untilNodes } from "./load.ts";

test.each(["role", "node"] as const)(
  "nodes join, leave and are replaced under load, placement %s",
  async (placement) => {
    const notices: string[] = [];
    await using cluster = await Cluster.start({ placement, onNotice: (notice) => notices.push(notice) });
    const client = cluster.client();
    await client.put("first", "here", patient);
    const stop = load(cluster.client());
    expect(await cluster.add(4)).toEqual({ number: 1, fromSlot: expect.any(Number) });
    expect(await nodesOf(cluster)).toEqual([1, 2, 3, 4]);
    const leader = await leaderOf(cluster);
    expect(await cluster.remove(leader)).toMatchObject({ number: 2 });
    const others = [1, 2, 3, 4].filter((node) => node !== leader);
    await untilNodes(cluster, others);
    expect(notices).toEqual([
      expect.stringMatching(
        new RegExp(`^node ${leader} was removed: the other members go on without it from slot \\d+ on$`),
      ),
    ]);
    const [old = 0, ...rest] = others;
    expect(await cluster.replace(old, 5)).toMatchObject({ number: 3 });
    await untilNodes(cluster, [...rest, 5]);
    const answered = await stop();
    expect(answered).toBeGreaterThan(10);
    expect(await client.get("first", patient)).toBe("here");
    expect((await client.get("log", patient))?.length).toBe(answered);
    // The new ones count: of three, one may be down, whichever it is.
    const [one = 0] = rest;
    await cluster.kill(one);
    await client.put("last", "here", patient);
    expect(await client.get("last", patient)).toBe("here");
  },
);

test("a node whose disk is lost is replaced, and the cluster starts again from its folder", async () => {
  const data = newFolder();
  {
    await using cluster = await Cluster.start({ data, placement: "node" });
    const client = cluster.client();
    await client.put("a", "1", patient);
    await cluster.kill(3);
    rmSync(join(data, "node-3"), { recursive: true });
    await cluster.replace(3, 4);
    expect(await nodesOf(cluster)).toEqual([1, 2, 4]);
    await cluster.add(5);
    await cluster.remove(1);
    await untilNodes(cluster, [2, 4, 5]);
    await client.put("b", "2", patient);
  }
  await using cluster = await Cluster.start({ data, placement: "node" });
  expect(await nodesOf(cluster)).toEqual([2, 4, 5]);
  const client = cluster.client();
  expect([await client.get("a", patient), await client.get("b", patient)]).toEqual(["1", "2"]);
  await expect(cluster.add(3)).rejects.toThrow(
    "refused: the number 3 has been used, and is not used again: expected 6 or more",
  );
  await cluster.kill(2);
  await client.put("c", "3", patient);
  // What is made already is answered so.
  expect(await cluster.remove(1)).toMatchObject({ number: 3 });
});

test("a change that would lose the quorum is refused, and a second one beside the first", async () => {
  await using cluster = await Cluster.start({ placement: "node" });
  const client = cluster.client();
  await client.put("a", "1", patient);
  const leader = await leaderOf(cluster);
  const [down = 0, up = 0] = [1, 2, 3].filter((node) => node !== leader);
  await cluster.kill(down);
  await cluster.kill(up);
  // Now the leader knows of both that they do not answer; then one does again.
  await expect(client.put("a", "1", { deadlineMs: 2000 })).rejects.toThrow("no quorum");
  await cluster.restart(up);
  await client.put("a", "1", patient);
  const refusal = await cluster.remove(up).catch((failure: unknown) => failure);
  expect(refusal).toBeInstanceOf(ChangeRefused);
  expect(refusal).toMatchObject({
    message: "refused: too few of the new members answer: 1 of the 2 that it takes",
    reachable: 1,
    needed: 2,
  });
  await expect(cluster.remove(9)).rejects.toThrow("refused: there is no node 9: expected one of 1, 2, 3");
  await expect(cluster.add(100_001)).rejects.toThrow("refused: there is no number above 100000, got 100001");
  const joins = cluster.add(4);
  await expect(cluster.add(5)).rejects.toThrow("refused: another change is under way");
  await joins;
  await client.put("a", "2", patient);
  expect(await client.get("a", patient)).toBe("2");
});

test("a node that was refused stops and says why, and may be added again", async () => {
  const notices: string[] = [];
  const quorums = { phase1: 3, phase2: 1 };
  const onNotice = (notice: string): void => void notices.push(notice);
  await using cluster = await Cluster.start({ placement: "node", quorums, onNotice });
  const client = cluster.client();
  await client.put("a", "1", patient);
  const leader = await leaderOf(cluster);
  const down = (leader % 3) + 1;
  await cluster.kill(down);
  // Phase 1 takes all four, and one of them has just died.
  const why = "refused: too few of the new members answer: 3 of the 4 that it takes";
  await expect(cluster.add(4)).rejects.toThrow(why);
  expect(notices.filter((notice) => notice.startsWith("node 4"))).toEqual([
    `node 4 has stopped: it was not let in, ${why}`,
  ]);
  const { roles } = await cluster.status();
  expect(roles.filter(({ node, running }) => node === 4 && running)).toEqual([]);
  await cluster.restart(down);
  await cluster.add(4, patient);
  expect(await nodesOf(cluster)).toEqual([1, 2, 3, 4]);
  await client.put("a", "2", patient);
  expect(await client.get("a", patient)).toBe("2");
});

test("a member that is asked to join in the place of another is refused, and goes on", async () => {
  const notices: string[] = [];
  await using cluster = await Cluster.start({ placement: "node", onNotice: (notice) => notices.push(notice) });
  const client = cluster.client();
  await client.put("a", "1", patient);
  const why = "refused: the number of the node has been used";
  await expect(cluster.replace(1, 2)).rejects.toThrow(why);
  await expect(cluster.replace(3, 3)).rejects.toThrow(why);
  expect(notices).toEqual([]);
  const { roles } = await cluster.status();
  expect(roles.filter(({ running }) => !running)).toEqual([]);
  await client.put("a", "2", patient);
  expect(await client.get("a", patient)).toBe("2");
});

test("the members of another protocol are the same for good", async () => {
  await using cluster = await Cluster.start({ protocol: "fast", placement: "node" });
  await expect(cluster.add(5)).rejects.toThrow("refused: the members of a cluster of fast are the same for good");
});

test("a change that is cancelled before it begins starts no node", async () => {
  await using cluster = await Cluster.start({ placement: "node" });
  await expect(cluster.add(4, { signal: AbortSignal.abort("why") })).rejects.toEqual(new Cancelled({ reason: "why" }));
  expect(await nodesOf(cluster)).toEqual([1, 2, 3]);
});
