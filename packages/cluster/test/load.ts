/**
 * A client that goes on while the members of a cluster change, who they are, and which one leads.
 */
import type { KeyValueClient } from "@synod/client";
import { expect, vi } from "vitest";
import type { Cluster } from "../src/index.ts";

export const patient = { deadlineMs: 20_000 };

/** Puts one number after the other until it is told to stop; resolves with how many were answered. */
export function load(client: KeyValueClient): () => Promise<number> {
  let goesOn = true;
  const done = (async () => {
    let answered = 0;
    while (goesOn) {
      expect(await client.append("log", "x", patient)).toBe(answered + 1);
      answered += 1;
    }
    return answered;
  })();
  return () => {
    goesOn = false;
    return done;
  };
}

export async function nodesOf(cluster: Cluster): Promise<readonly number[]> {
  return [...new Set((await cluster.status()).roles.map(({ node }) => node))];
}

export function untilNodes(cluster: Cluster, nodes: readonly number[]): Promise<void> {
  return vi.waitFor(async () => expect(await nodesOf(cluster)).toEqual(nodes), { timeout: 20_000, interval: 20 });
}

/** Waits until one leads. */
export function leaderOf(cluster: Cluster): Promise<number> {
  return vi.waitFor(
    async () => {
      const { leader } = await cluster.status();
      expect(leader).toBeGreaterThan(0);
      return leader;
    },
    { timeout: 10_000, interval: 10 },
  );
}
