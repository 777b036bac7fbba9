/**
 * What is read back from stable storage.
 */
import type { Entry, Message, Slot } from "./messages.ts";

/** A message from the log as the entry that it must be; the log never held another. */
export function asEntry(message: Message): Entry {
  switch (message.kind) {
    case "Prepare":
    case "Accept":
    case "Accepted":
    case "Chosen":
    case "Trim":
      return message;
    default:
      throw new TypeError(`expected Prepare, Accept, Accepted, Chosen or Trim in the log, got ${message.kind}`);
  }
}

/**
 * The last slot that an entry is about, or 0 when it is about none. An instance has one slot at least, that of its
 * checkpoint, also when a ballot begins it with the empty history.
 */
export function slotOf(entry: Entry): Slot {
  switch (entry.kind) {
    case "Accept":
      return entry.slot + Math.max(0, entry.history.length - 1);
    case "Accepted":
      return entry.slot + Math.max(0, entry.from + entry.commands.length - 1);
    case "Chosen":
      return entry.from + entry.values.length - 1;
    case "Prepare":
    case "Trim":
      return 0;
  }
}
