import { expect, test } from "vitest";
import {
  addressOf,
  isAddress,
  maxNode,
  nodeOf,
  nodeRoles,
  noSuchRole,
  roleOf,
  showAddress,
  type Role,
} from "../src/address.ts";

const roles: readonly Role[] = ["client", ...nodeRoles];

test("an address names its role and its node, and no two share one", () => {
  const seen = new Set<number>();
  for (const role of roles) {
    for (const node of [1, 2, 3, 1000, maxNode]) {
      const address = addressOf(role, node);
      expect(roleOf(address)).toBe(role);
      expect(nodeOf(address)).toBe(node);
      expect(isAddress(address)).toBe(true);
      expect(address).toBeLessThan(2 ** 32);
      seen.add(address);
    }
  }
  expect(seen.size).toBe(roles.length * 5);
});

test("a number that names no node, and one that is none, is told apart", () => {
  expect(isAddress(addressOf("client", 0))).toBe(false);
  expect(isAddress(addressOf("acceptor", maxNode) + 8)).toBe(false);
  expect(isAddress(9.5)).toBe(false);
  expect(() => roleOf(9.5)).toThrow("names no role");
});

test("a protocol refuses a role that it does not have", () => {
  expect(() => noSuchRole("view-server")).toThrow("no view-server");
});

test("people see the role and the node", () => {
  expect(showAddress(addressOf("acceptor", 2))).toBe("acceptor 2");
});
