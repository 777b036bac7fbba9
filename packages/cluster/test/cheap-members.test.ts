/**
 * Mains of Cheap Paxos that join, leave and are replaced while clients go on.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Cluster } from "../src/index.ts";
import { newFolder } from "./folders.ts";
import { load, nodesOf, patient, untilNodes } from "./load.ts";

/** Who the members are, as the leader says. */
async function membersOf(cluster: Cluster): Promise<unknown> {
  const { leader, roles } = await cluster.status();
  return roles.find(({ node, role }) => node === leader && role === "proposer")?.report?.status["members"];
}

function untilMembers(cluster: Cluster, members: string): Promise<void> {
  return vi.waitFor(async () => expect(await membersOf(cluster)).toBe(members), { timeout: 20_000, interval: 20 });
}

test("mains join, leave and are replaced under load; an auxiliary is not", { timeout: 60_000 }, async () => {
  const notices: string[] = [];
  const onNotice = (notice: string): void => void notices.push(notice);
  await using cluster = await Cluster.start({ protocol: "cheap", placement: "node", onNotice });
  const stop = load(cluster.client());
  // Node 3 is the auxiliary.
  expect(await cluster.add(4)).toMatchObject({ number: 1 });
  expect(await nodesOf(cluster)).toEqual([1, 2, 3, 4]);
  const refused = "refused: it is an auxiliary, and those are the same for good";
  await expect(cluster.remove(3)).rejects.toThrow(refused);
  expect(await cluster.remove(1)).toMatchObject({ number: 2 });
  await untilNodes(cluster, [2, 3, 4]);
  expect(notices).toContainEqual(expect.stringMatching(/^node 1 was removed: the other members go on without it/));
  expect(await cluster.replace(2, 5)).toMatchObject({ number: 3 });
  await untilNodes(cluster, [3, 4, 5]);
  const answered = await stop();
  expect(answered).toBeGreaterThan(10);
  // The auxiliary is there for the new ones, too.
  await cluster.kill(4);
  const client = cluster.client();
  expect((await client.get("log", patient))?.length).toBe(answered);
  await untilMembers(cluster, "5,3");
  await client.put("last", "here", patient);
  await cluster.restart(4);
  await untilMembers(cluster, "4,5,3");
});

test(
  "a main whose disk is lost is replaced, and the cluster starts again from its folder",
  { timeout: 60_000 },
  async () => {
    const data = newFolder();
    {
      await using cluster = await Cluster.start({ protocol: "cheap", placement: "node", data });
      const client = cluster.client();
      await client.put("a", "1", patient);
      await cluster.kill(2);
      rmSync(join(data, "node-2"), { recursive: true });
      await client.put("b", "2", patient);
      // Its leader has taken it out by itself, and would take it in again.
      await untilMembers(cluster, "1,3");
      await cluster.replace(2, 4);
      expect(await nodesOf(cluster)).toEqual([1, 3, 4]);
    }
    await using cluster = await Cluster.start({ protocol: "cheap", placement: "node", data });
    expect(await nodesOf(cluster)).toEqual([1, 3, 4]);
    const client = cluster.client();
    expect([await client.get("a", patient), await client.get("b", patient)]).toEqual(["1", "2"]);
    await cluster.kill(1);
    await client.put("c", "3", patient);
    expect(await client.get("c", patient)).toBe("3");
  },
);
