import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cluster, type ClusterOptions } from "../src/index.ts";

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "synod-folder-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

async function use(options: ClusterOptions = {}): Promise<string | undefined> {
  await using cluster = await Cluster.start({ nodes: 3, placement: "node", data, ...options });
  const client = cluster.client();
  const before = await client.get("a");
  await client.put("a", "1");
  return before;
}

test.each(["node-2/acceptor", "node-2/proposer", "node-2/acceptor/log", "node-2"])(
  "without %s the folder is refused, and with it back it opens",
  async (part) => {
    await use();
    const away = join(data, "away");
    renameSync(join(data, part), away);
    await expect(use()).rejects.toMatchObject({
      reason: "corrupt",
      message: expect.stringMatching(/node-2.*the log is missing/),
    });
    rmSync(join(data, part), { recursive: true, force: true });
    renameSync(away, join(data, part));
    expect(await use()).toBe("1");
  },
);

test("a learner without its folder comes back by the others", async () => {
  await use();
  rmSync(join(data, "node-2", "learner"), { recursive: true });
  expect(await use()).toBe("1");
});

test("logs without the marker are refused", async () => {
  await use();
  rmSync(join(data, "cluster.json"));
  await expect(use()).rejects.toMatchObject({ reason: "corrupt", message: expect.stringContaining("cluster.json") });
});

test("other quorums than those that accepted what is there are refused", async () => {
  await use({ quorums: { phase1: 3, phase2: 1 } });
  await expect(use()).rejects.toMatchObject({
    _tag: "ConfigurationError",
    message: expect.stringContaining("quorums"),
  });
  expect(await use({ quorums: { phase1: 3, phase2: 1 } })).toBe("1");
});
