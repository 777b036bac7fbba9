/**
 * Who a message is from and for: a role on a node.
 *
 * An address is one small integer, so that it can be compared, used as a key and written to a frame as it is.
 * Nodes are numbered from 1; a client is addressed like a node of its own.
 */
export type Role =
  | "client"
  | "proposer"
  | "acceptor"
  | "learner"
  /** Of a commit protocol: who asks for the votes, and who casts one. */
  | "coordinator"
  | "participant"
  /** Of primary-backup: who keeps the data, and who says which of them is the primary. */
  | "server"
  | "view-server";

/** A role that a node has. */
export type NodeRole = Exclude<Role, "client">;

/** A role on a node, as `node * 8 + index of the role`. */
export type Address = number;

/** Their order is their number in an address: add at the end, never reorder. */
const roles: readonly Role[] = [
  "client",
  "proposer",
  "acceptor",
  "learner",
  "coordinator",
  "participant",
  "server",
  "view-server",
];

/** All roles that nodes can have, in the order in which they are shown. */
export const nodeRoles: readonly NodeRole[] = roles.filter((role) => role !== "client");

const rolesPerNode = 8;

/** The greatest node (or client) number: an address fits in 32 bits. */
export const maxNode = 2 ** 29 - 1;

export function addressOf(role: Role, node: number): Address {
  return node * rolesPerNode + roles.indexOf(role);
}

export function nodeOf(address: Address): number {
  return Math.floor(address / rolesPerNode);
}

export function roleOf(address: Address): Role {
  const role = roles[address % rolesPerNode];
  if (role === undefined) throw new RangeError(`address ${address} names no role`);
  return role;
}

/** For the end of a switch over the roles of a protocol. */
export function noSuchRole(role: NodeRole): never {
  throw new RangeError(`this protocol has no ${role}`);
}

/** True when `address` names a role of a node, which bytes from outside may not. */
export function isAddress(address: number): boolean {
  return Number.isInteger(address) && address >= rolesPerNode && nodeOf(address) <= maxNode;
}

/** `acceptor 2`, as it is shown to people. */
export function showAddress(address: Address): string {
  return `${roleOf(address)} ${nodeOf(address)}`;
}
