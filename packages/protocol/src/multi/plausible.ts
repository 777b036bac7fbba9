/**
 * What no correct peer sends is passed over before a role looks at it: a role must not end, count a vote twice, or run
 * off into numbers that have no successor, because of what arrives. Lies within these bounds are not detected.
 */
import { isAddress, nodeOf, roleOf, type Address } from "../address.ts";
import { areMemberships } from "../reconfiguration/memberships.ts";
import type { Bounds, Configuration } from "./configuration.ts";
import type { Message } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

export function isPlausible({ identities, limits }: Configuration, from: Address, message: Message): boolean {
  switch (message.kind) {
    case "Prepare":
      return isBallot(message.ballot) && message.from <= most;
    case "Accept":
      return isVote(message, limits);
    case "AcceptedValue":
      return isAcceptor(identities, from) && isVote(message, limits);
    case "Heartbeat":
      return isBallot(message.ballot) && message.commitPoint <= most && areMemberships(message.memberships);
    case "Accepted":
      return isAcceptor(identities, from);
    case "HeartbeatAck":
      return isAcceptor(identities, from) && message.chosenThrough <= most;
    case "Rejected":
      return isAcceptor(identities, from) && message.promised <= most;
    case "ProbeReply":
      return (
        isAcceptor(identities, from) &&
        message.promised <= most &&
        message.chosenThrough <= most &&
        areMemberships(message.memberships)
      );
    case "Promised":
      return (
        isAcceptor(identities, from) &&
        message.chosenThrough <= most &&
        areMemberships(message.memberships) &&
        message.accepted.every(({ slot, ballot }) => slot <= most && ballot <= most)
      );
    case "Chosen":
      return message.from <= most && message.trimmedThrough <= most;
    case "Trim":
      return isNode(identities, nodeOf(from)) && message.slot <= most && areMemberships(message.memberships);
    case "Read":
      return isNode(identities, message.learner) && message.query.length <= limits.valueBytes;
    case "ReadAt":
      return isAddress(message.client) && message.query.length <= limits.valueBytes;
    default:
      return true;
  }
}

interface Vote {
  readonly ballot: number;
  readonly slot: number;
  readonly commitPoint: number;
}

/** A leader never proposes beyond its window, which is shorter than what a learner holds. */
function isVote({ ballot, slot, commitPoint }: Vote, { learnerSlots }: Bounds): boolean {
  return isBallot(ballot) && slot > 0 && commitPoint <= most && slot <= commitPoint + learnerSlots;
}

function isBallot(ballot: number): boolean {
  return ballot > 0 && ballot <= most;
}

/** Who is a member changes; who may ever be one does not. Whose vote counts, the membership of its slot decides. */
function isNode(identities: number, node: number): boolean {
  return node >= 1 && node <= identities;
}

function isAcceptor(identities: number, address: Address): boolean {
  return roleOf(address) === "acceptor" && isNode(identities, nodeOf(address));
}
