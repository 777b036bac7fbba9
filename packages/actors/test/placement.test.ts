import { addressOf, type NodeRole } from "@synod/protocol";
import { expect, test } from "vitest";
import { endpointOf, planThreads } from "../src/index.ts";

const roles: readonly NodeRole[] = ["proposer", "acceptor", "learner"];
const nodes = [1, 2, 3].map((node) => ({ node, roles }));

test.each(["role", "node"] as const)(
  "every role has one thread, at the endpoint where it is found: %s",
  (placement) => {
    const plans = planThreads(nodes, placement);
    expect(plans).toHaveLength(placement === "role" ? 9 : 3);
    expect(new Set(plans.map(({ endpoint }) => endpoint)).size).toBe(plans.length);
    for (const { node } of nodes) {
      for (const role of roles) {
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

test("a node has threads for the roles that it has, and no others", () => {
  const mixed = [
    { node: 1, roles },
    { node: 2, roles: ["acceptor"] as const },
  ];
  expect(planThreads(mixed, "role").filter(({ node }) => node === 2)).toEqual([
    { endpoint: addressOf("acceptor", 2), node: 2, roles: ["acceptor"] },
  ]);
  const [, collapsed] = planThreads(mixed, "node");
  expect(collapsed).toEqual({ endpoint: endpointOf(addressOf("acceptor", 2), "node"), node: 2, roles: ["acceptor"] });
});
