/**
 * What no correct peer sends is passed over before a role looks at it: a role must not end, count a vote twice, or run
 * off into numbers that have no successor, because of what arrives. Lies within these bounds are not detected.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { ownerOf } from "./ballots.ts";
import type { Configuration } from "./configuration.ts";
import type { Message } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

export function isPlausible(configuration: Configuration, from: Address, message: Message): boolean {
  const { nodes, limits } = configuration;
  switch (message.kind) {
    case "Request":
      // An empty one would be a no-op that nobody answers.
      return message.command.length > 0 && message.command.length <= limits.valueBytes;
    case "Prepare":
    case "Any":
      return leads(configuration, from, message.ballot) && message.from <= most;
    case "Accept": {
      const { ballot, slot, commitPoint } = message;
      const isNear = slot > 0 && commitPoint <= most && slot <= commitPoint + limits.learnerSlots;
      return leads(configuration, from, ballot) && isNear;
    }
    case "Heartbeat":
      return leads(configuration, from, message.ballot) && message.commitPoint <= most;
    case "Accepted":
      return (
        isAcceptor(nodes, from) && isBallot(message.ballot) && isSlot(message.slot) && message.chosenThrough <= most
      );
    case "HeartbeatAck":
      return isAcceptor(nodes, from) && message.chosenThrough <= most;
    case "Rejected":
    case "ProbeReply":
      return isAcceptor(nodes, from) && message.promised <= most;
    case "Promised":
      return (
        isAcceptor(nodes, from) &&
        message.chosenThrough <= most &&
        message.accepted.every(({ slot, ballot }) => slot <= most && ballot <= most)
      );
    case "Learned":
    case "Chosen":
      return isSlot(message.from);
    case "Trim":
      return nodes.includes(nodeOf(from)) && message.slot <= most;
    default:
      return true;
  }
}

/** Different proposers own different ballots. */
function leads({ nodes }: Configuration, from: Address, ballot: Ballot): boolean {
  return isBallot(ballot) && roleOf(from) === "proposer" && ownerOf(ballot, nodes.length) === nodeOf(from);
}

function isSlot(slot: number): boolean {
  return slot > 0 && slot <= most;
}

function isBallot(ballot: number): boolean {
  return ballot > 0 && ballot <= most;
}

function isAcceptor(nodes: readonly number[], address: Address): boolean {
  return roleOf(address) === "acceptor" && nodes.includes(nodeOf(address));
}
