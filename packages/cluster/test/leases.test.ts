import { expect, test, vi } from "vitest";
import { Cluster } from "../src/index.ts";

const patient = { deadlineMs: 20_000 };
const soon = { timeout: 20_000, interval: 5 };

async function leasedReads(cluster: Cluster): Promise<number> {
  const { roles } = await cluster.status();
  return roles.reduce((sum, { report }) => sum + Number(report?.status["leasedReads"] ?? 0), 0);
}

test("a leader answers reads under its lease, and the next one reads what was written since", async () => {
  await using cluster = await Cluster.start({ nodes: 3, placement: "node", reads: "leased" });
  const client = cluster.client();
  await client.put("city", "Vienna", patient);
  await vi.waitFor(async () => {
    expect(await client.get("city", patient)).toBe("Vienna");
    expect(await leasedReads(cluster)).toBeGreaterThan(0);
  }, soon);
  const { leader } = await cluster.status();
  await cluster.kill(leader);
  await client.put("city", "Graz", patient);
  expect(await client.get("city", patient)).toBe("Graz");
  await cluster.restart(leader);
  await vi.waitFor(async () => {
    expect(await client.get("city", patient)).toBe("Graz");
    expect(await leasedReads(cluster)).toBeGreaterThan(0);
  }, soon);
});

test("without them no lease answers a read", async () => {
  await using cluster = await Cluster.start({ nodes: 1, placement: "node" });
  const client = cluster.client();
  await client.put("city", "Vienna", patient);
  expect(await client.get("city", patient)).toBe("Vienna");
  const { roles } = await cluster.status();
  for (const { report } of roles) expect(report?.status).not.toHaveProperty("leasedReads");
});
