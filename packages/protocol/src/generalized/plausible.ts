/**
 * What no correct peer sends is passed over before a role looks at it: a role must not end, count a vote twice, or run
 * off into numbers that have no successor, because of what arrives. Lies within these bounds are not detected.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import { ballotOwner } from "../ballot.ts";
import type { Configuration } from "./configuration.ts";
import type { Message } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

export function isPlausible({ nodes }: Configuration, from: Address, message: Message): boolean {
  switch (message.kind) {
    case "Prepare":
      return isBallot(message.ballot) && isOwner(nodes, from, message.ballot);
    case "Accept":
      return isInstance(message) && isOwner(nodes, from, message.ballot) && message.commitPoint < message.slot;
    case "Accepted":
      return isAcceptor(nodes, from) && isInstance(message) && message.from <= most;
    case "Inquire":
      return nodes.includes(nodeOf(from));
    case "Learned":
      return roleOf(from) === "proposer" && nodes.includes(nodeOf(from));
    case "Heartbeat":
      return isBallot(message.ballot) && message.commitPoint <= most;
    case "HeartbeatAck":
      return isAcceptor(nodes, from) && message.chosenThrough <= most;
    case "Rejected":
    case "ProbeReply":
      return isAcceptor(nodes, from) && message.promised <= most;
    case "Promised":
      return isAcceptor(nodes, from) && message.chosenThrough <= most && message.accepted.every(isInstance);
    case "Chosen":
      return message.from > 0 && message.from <= most && message.trimmedThrough <= most;
    case "Trim":
      return nodes.includes(nodeOf(from)) && message.slot <= most;
    default:
      return true;
  }
}

function isInstance({ ballot, slot }: { readonly ballot: number; readonly slot: number }): boolean {
  return isBallot(ballot) && slot > 0 && slot <= most;
}

function isBallot(ballot: number): boolean {
  return ballot > 0 && ballot <= most;
}

function isOwner(nodes: readonly number[], from: Address, ballot: number): boolean {
  return roleOf(from) === "proposer" && nodeOf(from) === ballotOwner(ballot, nodes.length);
}

function isAcceptor(nodes: readonly number[], address: Address): boolean {
  return roleOf(address) === "acceptor" && nodes.includes(nodeOf(address));
}
