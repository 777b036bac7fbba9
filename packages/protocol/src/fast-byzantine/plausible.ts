/**
 * What no correct peer sends is passed over before a role looks at it: a role must not end, hold without bound, or run
 * off into numbers that have no successor, because of what arrives. What is signed has been verified when a role is
 * called; it may still be a lie.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import type { NodeRole } from "../address.ts";
import type { Configuration } from "./configuration.ts";
import { mostDigestBytes } from "../digest.ts";
import type { Message, Suspicion, Vote } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

export function isPlausible(configuration: Configuration, from: Address, message: Message): boolean {
  const { nodes, limits } = configuration;
  const isFrom = (role: NodeRole): boolean => roleOf(from) === role && nodes.includes(nodeOf(from));
  switch (message.kind) {
    case "Known":
      return isFrom("proposer");
    case "Accept":
      return (
        isFrom("proposer") && isNumber(message.ballot) && isNumber(message.slot) && isValue(configuration, message)
      );
    case "Accepted":
      return isFrom("acceptor") && isVote(message);
    case "AcceptedValue":
      return isFrom("acceptor") && isVote(message) && isValue(configuration, message);
    case "Suspect":
      return isFrom("proposer") && isNumber(message.ballot);
    case "Prepare":
      return (
        isFrom("proposer") &&
        isNumber(message.ballot) &&
        message.suspicions.length <= nodes.length &&
        message.suspicions.every((each) => isSuspicion(nodes, each))
      );
    case "Promised":
      return isFrom("acceptor") && isNumber(message.ballot) && isReport(configuration, message);
    case "Wanted":
      return isFrom("proposer") && isNumber(message.slot);
    case "Payload":
      return isFrom("acceptor") && isNumber(message.slot) && isValue(configuration, message);
    case "Certificate":
      return (
        isFrom("proposer") &&
        isNumber(message.ballot) &&
        message.reports.length <= nodes.length &&
        message.reports.every((report) => nodes.includes(report.node) && isReport(configuration, report))
      );
    case "Learned":
    case "Stable":
      return isFrom("learner") && message.through <= most;
    case "Served":
      return isFrom("learner");
    case "Chosen":
      return (
        isFrom("learner") &&
        message.from <= most &&
        message.trimmedThrough <= most &&
        message.values.length <= limits.learnerSlots &&
        message.values.every((each) => isValue(configuration, each))
      );
    default:
      return true;
  }
}

function isNumber(ballotOrSlot: number): boolean {
  return ballotOrSlot > 0 && ballotOrSlot <= most;
}

function isVote({ ballot, slot, digest }: Vote): boolean {
  return isNumber(ballot) && isNumber(slot) && digest.length <= mostDigestBytes;
}

/** A value is a request of the largest kind, or as much as a leader joins. */
function isValue({ limits }: Configuration, { value }: { readonly value: Uint8Array }): boolean {
  return value.length <= Math.max(limits.valueBytes, limits.batchBytes);
}

function isSuspicion(nodes: readonly number[], { node, ballot }: Suspicion): boolean {
  return nodes.includes(node) && isNumber(ballot);
}

/**
 * An acceptor never votes far above what is stable, so that no report is longer or reaches higher; after a restart it may
 * know of a stable slot that is a window lower. Of a slot a report says that it is stable or what was voted for, not both:
 * it would count twice.
 */
function isReport(
  { limits }: Configuration,
  { stableThrough, votes }: { readonly stableThrough: number; readonly votes: readonly Vote[] },
): boolean {
  const mostSlots = limits.learnerSlots + limits.windowSlots;
  return (
    stableThrough <= most &&
    votes.length <= mostSlots &&
    votes.every((vote) => isVote(vote) && vote.slot > stableThrough && vote.slot <= stableThrough + mostSlots)
  );
}
