import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

test("a node without its key is refused, and with it back it opens", async () => {
  const byzantine = { protocol: "byzantine", nodes: 4, signatures: "inline" } as const;
  await use(byzantine);
  const key = join(data, "node-2", "key.pem");
  renameSync(key, join(data, "away"));
  const missing = { reason: "corrupt", message: expect.stringMatching(/node-2.*the key of node 2 is missing/) };
  await expect(use(byzantine)).rejects.toMatchObject(missing);
  // It was not made anew by the first one.
  await expect(use(byzantine)).rejects.toMatchObject(missing);
  writeFileSync(key, "no key");
  await expect(use(byzantine)).rejects.toMatchObject({ reason: "corrupt", where: key });
  renameSync(join(data, "away"), key);
  expect(await use(byzantine)).toBe("1");
});

test("a key that was exchanged is refused, and with the right one back it opens", async () => {
  const byzantine = { protocol: "byzantine", nodes: 4, signatures: "inline" } as const;
  await use(byzantine);
  const [key, another] = [join(data, "node-2", "key.pem"), join(data, "node-3", "key.pem")];
  copyFileSync(key, join(data, "away"));
  copyFileSync(another, key);
  const exchanged = {
    reason: "corrupt",
    where: key,
    message: expect.stringContaining("another key than that of node 2"),
  };
  await expect(use(byzantine)).rejects.toMatchObject(exchanged);
  copyFileSync(join(data, "away"), key);
  expect(await use(byzantine)).toBe("1");
  // A folder of the time when none were known takes those that are there, and knows them from then on.
  const marker = join(data, "cluster.json");
  const { keys, ...older } = JSON.parse(readFileSync(marker, "utf8"));
  expect(Object.keys(keys)).toEqual(["1", "2", "3", "4"]);
  writeFileSync(marker, JSON.stringify(older));
  expect(await use(byzantine)).toBe("1");
  copyFileSync(another, key);
  await expect(use(byzantine)).rejects.toMatchObject(exchanged);
});

test("a folder whose nodes sign keeps the name of its cluster", async () => {
  const byzantine = { protocol: "byzantine", nodes: 4, signatures: "inline" } as const;
  await use(byzantine);
  const marker = join(data, "cluster.json");
  const text = readFileSync(marker, "utf8");
  writeFileSync(marker, text.replace(/"cluster":"[^"]+",/, ""));
  await expect(use(byzantine)).rejects.toMatchObject({
    reason: "corrupt",
    message: expect.stringContaining("does not name the cluster"),
  });
  writeFileSync(marker, text);
  expect(await use(byzantine)).toBe("1");
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
