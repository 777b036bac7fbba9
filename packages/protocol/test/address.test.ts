import { expect, test } from "vitest";
import { addressOf, isAddress, maxNode, nodeOf, roleOf, showAddress, type Role } from "../src/address.ts";

const roles: readonly Role[] = ["client", "proposer", "acceptor", "learner"];

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

test("a number that names no role is told apart, and refused", () => {
  expect(isAddress(addressOf("client", 0))).toBe(false);
  for (const unused of [4, 5, 6, 7]) {
    expect(isAddress(8 + unused)).toBe(false);
    expect(() => roleOf(8 + unused)).toThrow("names no role");
  }
});

test("people see the role and the node", () => {
  expect(showAddress(addressOf("acceptor", 2))).toBe("acceptor 2");
});
