import { addressOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { endpointOf, nodeRoles, planThreads } from "../src/index.ts";

const nodes = [1, 2, 3];

test.each(["role", "node"] as const)(
  "every role has one thread, at the endpoint where it is found: %s",
  (placement) => {
    const plans = planThreads(nodes, placement);
    expect(plans).toHaveLength(placement === "role" ? 9 : 3);
    expect(new Set(plans.map(({ endpoint }) => endpoint)).size).toBe(plans.length);
    for (const node of nodes) {
      for (const role of nodeRoles) {
        const homes = plans.filter((plan) => plan.node === node && plan.roles.includes(role));
        expect(homes.map(({ endpoint }) => endpoint)).toEqual([endpointOf(addressOf(role, node), placement)]);
      }
    }
  },
);

test.each(["role", "node"] as const)("a client is an endpoint of its own: %s", (placement) => {
  const client = addressOf("client", 2);
  expect(endpointOf(client, placement)).toBe(client);
  expect(planThreads(nodes, placement).map(({ endpoint }) => endpoint)).not.toContain(client);
});
