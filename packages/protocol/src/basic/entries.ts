/**
 * What is read back from stable storage.
 */
import type { Entry, Message } from "./messages.ts";

/** A message from the log as the entry that it must be; the log never held another. */
export function asEntry(message: Message): Entry {
  switch (message.kind) {
    case "Prepare":
    case "Accept":
      return message;
    default:
      throw new TypeError(`expected Prepare or Accept in the log, got ${message.kind}`);
  }
}
