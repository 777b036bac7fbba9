/**
 * What is read back from stable storage.
 */
import type { Entry, Message, Slot } from "./messages.ts";

/** A message from the log as the entry that it must be; the log never held another. */
export function asEntry(message: Message): Entry {
  switch (message.kind) {
    case "Prepare":
    case "Accepted":
    case "Chosen":
    case "Trim":
      return message;
    default:
      throw new TypeError(`expected Prepare, Accepted, Chosen or Trim in the log, got ${message.kind}`);
  }
}

/** The slot that an entry is about, the last one if it is about several, or 0 when it is about none. */
export function slotOf(entry: Entry): Slot {
  switch (entry.kind) {
    case "Accepted":
      return entry.slot;
    case "Chosen":
      return entry.from + entry.values.length - 1;
    case "Prepare":
    case "Trim":
      return 0;
  }
}
