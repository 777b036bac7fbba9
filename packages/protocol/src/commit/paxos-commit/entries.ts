/**
 * What is read back from stable storage, and the output of every role of Paxos Commit.
 */
import type { Output as RoleOutput } from "../../output.ts";
import type { Entry, Message } from "./messages.ts";

/** A message from the log as the entry that it must be; the log never held another. */
export function asEntry(message: Message): Entry {
  switch (message.kind) {
    case "Prepared":
    case "Decision":
    case "Outcome":
    case "Stored":
    case "Forgotten":
    case "Reserved":
    case "Prepare":
    case "Accept":
      return message;
    default:
      throw new TypeError(`expected an entry of Paxos Commit in the log, got ${message.kind}`);
  }
}

/** What it makes known, it tells: nothing stands behind a role. */
export type Delivery = never;

export type Output = RoleOutput<Message, Entry, Delivery>;
