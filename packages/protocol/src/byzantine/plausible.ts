/**
 * What no honest node sends to a role is passed over before the role looks at it. A liar may send anything whatever:
 * neither must a role end by it, nor hold without a bound what it was sent, nor take the word of another node for that of
 * its own.
 */
import { nodeOf, roleOf, type Address, type Role } from "../address.ts";
import { isCommand } from "../commands.ts";
import { mostDigestBytes } from "../digest.ts";
import type { Configuration } from "./configuration.ts";
import type { Message } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

/** @param to the role that was sent the message */
export function isPlausible(configuration: Configuration, to: Address, from: Address, message: Message): boolean {
  const { nodes, limits } = configuration;
  const isOf = (role: Role): boolean => roleOf(from) === role && nodes.includes(nodeOf(from));
  const isOwn = (role: Role): boolean => roleOf(from) === role && nodeOf(from) === nodeOf(to);
  switch (message.kind) {
    case "Request":
      return roleOf(from) === "client" && isRequest(message.command, limits.valueBytes);
    case "Relayed":
      return isOf("proposer") && isRequest(message.command, limits.valueBytes);
    case "Vouched":
      return isOwn("proposer") && isDigest(message.digest);
    case "Doubted":
      return isOwn("proposer");
    case "Standing":
    case "Served":
    case "AcceptedValue":
    case "Known":
      return isOwn("acceptor");
    case "Learned":
      return isOwn("learner");
    case "Accept":
      return (
        isOf("proposer") &&
        isBallot(message.ballot) &&
        isSlot(message.slot) &&
        message.value.length <= mostValue(configuration)
      );
    case "Verify":
    case "Accepted":
      return isOf("acceptor") && isBallot(message.ballot) && isSlot(message.slot) && isDigest(message.digest);
    case "Suspected":
      return isOf("acceptor") && isBallot(message.ballot);
    case "Promised":
      return isOf("acceptor") && isBallot(message.ballot) && isSlot(message.stable + 1);
    case "NewView":
      return isOf("proposer") && isBallot(message.ballot);
    case "Wanted":
      return isOf("proposer") && isSlot(message.slot);
    case "Payload":
      return isOf("acceptor") && isSlot(message.slot) && message.value.length <= mostValue(configuration);
    case "Checkpoint":
      return isOf("acceptor") && isSlot(message.slot);
    case "CatchUp":
      return (isOf("learner") || isOf("acceptor")) && isSlot(message.from);
    case "Chosen":
      return (isOwn("learner") || isOf("acceptor")) && isSlot(message.from) && isAnswer(configuration, message);
    case "Trim":
      return isOf("learner") && isSlot(message.slot);
    case "FetchSnapshot":
      return isOf("learner") && isSlot(message.slot + 1);
    case "SnapshotPart":
      return isOf("learner") && message.slot <= most && message.sizeBytes <= most;
    default:
      return false;
  }
}

function isBallot(ballot: number): boolean {
  return ballot > 0 && ballot <= most;
}

function isSlot(slot: number): boolean {
  return slot > 0 && slot <= most;
}

function isDigest(digest: Uint8Array): boolean {
  return digest.length > 0 && digest.length <= mostDigestBytes;
}

function isRequest(command: Uint8Array, mostBytes: number): boolean {
  return command.length <= mostBytes && isCommand(command);
}

/** A batch, or one command that is larger than a batch. */
function mostValue({ limits }: Configuration): number {
  return Math.max(limits.batchBytes, limits.valueBytes);
}

function isAnswer(configuration: Configuration, { values }: Extract<Message, { readonly kind: "Chosen" }>): boolean {
  const sizeBytes = values.reduce((size, { value }) => size + value.length, 0);
  return sizeBytes <= configuration.limits.answerBytes + mostValue(configuration) && values.length <= 2 ** 16;
}
