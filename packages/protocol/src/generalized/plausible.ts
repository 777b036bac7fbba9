/**
 * What no correct peer sends is passed over before a role looks at it: a role must not end, count a vote twice, or run
 * off into numbers that have no successor, because of what arrives. Lies within these bounds are not detected.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import { ballotOwner } from "../ballot.ts";
import type { CommandSet } from "./command-set.ts";
import { mostBytes, mostCommands, type Configuration } from "./configuration.ts";
import type { Commands, Message } from "./messages.ts";

/** Ballots and slots end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

export function isPlausible(configuration: Configuration, from: Address, message: Message): boolean {
  const { nodes } = configuration;
  const isShort = (history: Commands): boolean => hasRoom(configuration, { size: 0, sizeBytes: 0 }, history);
  switch (message.kind) {
    case "Prepare":
      return isBallot(message.ballot) && message.from <= most && isOwner(nodes, from, message.ballot);
    case "Accept":
      if (!isInstance(message) || message.commitPoint >= message.slot) return false;
      return isOwner(nodes, from, message.ballot) && isShort(message.history);
    case "Append":
      if (!isInstance(message) || message.from > mostCommands(configuration)) return false;
      return isOwner(nodes, from, message.ballot) && isShort(message.commands);
    case "Accepted":
      if (!isInstance(message) || !isShort(message.commands)) return false;
      return isAcceptor(nodes, from) && message.from <= mostCommands(configuration);
    case "Inquire":
      return nodes.includes(nodeOf(from));
    case "Learned":
      return roleOf(from) === "proposer" && nodes.includes(nodeOf(from)) && isShort(message.history);
    case "Heartbeat":
      return isBallot(message.ballot) && message.commitPoint <= most;
    case "HeartbeatAck":
      return isAcceptor(nodes, from) && message.chosenThrough <= most;
    case "Rejected":
    case "ProbeReply":
      return isAcceptor(nodes, from) && message.promised <= most;
    case "Promised":
      if (!isAcceptor(nodes, from) || message.chosenThrough > most) return false;
      return message.accepted.every((report) => isInstance(report) && isShort(report.history));
    case "Chosen":
      return message.from > 0 && message.from <= most && message.trimmedThrough <= most;
    case "Trim":
      return nodes.includes(nodeOf(from)) && message.slot <= most;
    default:
      return true;
  }
}

/**
 * Whether commands may come behind those of a history. One of more commands would take for ever to compare; one of more
 * bytes might fit into no frame.
 */
export function hasRoom(
  configuration: Configuration,
  held: Pick<CommandSet, "size" | "sizeBytes">,
  commands: Commands,
): boolean {
  if (held.size + commands.length > mostCommands(configuration)) return false;
  const { valueBytes } = configuration.limits;
  if (commands.some(({ command }) => command.length > valueBytes)) return false;
  const sizeBytes = commands.reduce((sum, { command }) => sum + command.length, held.sizeBytes);
  return sizeBytes <= mostBytes(configuration);
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
