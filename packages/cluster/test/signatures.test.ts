/**
 * A cluster whose nodes sign, in threads.
 */
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";

test.each(["pool", "inline"] as const)(
  "signatures %s: it serves, and goes on when a node begins anew",
  async (place) => {
    await using cluster = await Cluster.start({
      protocol: "byzantine",
      nodes: 4,
      placement: "node",
      signatures: place,
    });
    const client = cluster.client();
    await client.put("a", "1", { deadlineMs: 20_000 });
    await cluster.kill(2);
    await client.put("a", "2", { deadlineMs: 20_000 });
    await cluster.restart(2);
    // With three of four needed, nothing is chosen now without the node that has begun anew.
    await cluster.kill(3);
    await client.put("a", "3", { deadlineMs: 20_000 });
    expect(await client.get("a", { deadlineMs: 20_000 })).toBe("3");
    const { roles } = await cluster.status();
    const acceptors = roles.filter(({ node, role }) => role === "acceptor" && node !== 3);
    for (const { report } of acceptors) {
      expect(Number(report?.status["signed"])).toBeGreaterThan(0);
      expect(Number(report?.status["verified"])).toBeGreaterThan(0);
      expect(report?.status["forgedMessages"]).toBe(0);
    }
  },
);
