/**
 * Which messages a violation is about. Checkers name slots, ballots and transactions in the words in which messages name
 * them, so that what was found says where to look; often that is long before it was found.
 */
import type { Shown } from "./show.ts";
import type { TracedMessage } from "./trace.ts";
import type { Violation } from "./world/violation.ts";

export interface Concern {
  /** `about slot 13 and ballot 9`. */
  readonly words: string;
  readonly includes: (message: TracedMessage) => boolean;
}

/** What goes on all the time, whatever else happens. */
const chatter = /^(Heartbeat|HeartbeatAck|Ping|Pong)$/;

export function isChatter({ kind }: TracedMessage): boolean {
  return chatter.test(kind);
}

/** Undefined when it names nothing that messages are about. */
export function concernOf({ message, during }: Violation): Concern | undefined {
  if (during !== undefined) {
    const { from, until } = during;
    const includes = (each: TracedMessage): boolean => !isChatter(each) && each.at >= from && each.at <= until;
    return { words: "while that operation lasted", includes };
  }
  const [transaction] = numbersAfter("transaction", message);
  if (transaction !== undefined) {
    return { words: `about transaction ${transaction}`, includes: (each) => each["transaction"] === transaction };
  }
  const [slot] = numbersAfter("slot", message);
  const ballots = numbersAfter("ballot", message);
  if (slot === undefined && ballots.length === 0) return undefined;
  const named = [
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(ballots.length === 0 ? [] : [`${ballots.length === 1 ? "ballot" : "ballots"} ${ballots.join(" and ")}`]),
  ];
  const includes = (each: TracedMessage): boolean => {
    if (isChatter(each)) return false;
    const own = each["slot"];
    if (own !== undefined && slot !== undefined) return own === slot;
    return ballots.some((ballot) => each["ballot"] === ballot) || (slot !== undefined && reports(each, slot));
  };
  return { words: `about ${named.join(" and ")}`, includes };
}

/** Each number once that follows on a word, or on the plural of it. */
function numbersAfter(word: string, message: string): readonly number[] {
  const found = message.matchAll(new RegExp(`\\b${word}s? (\\d+)\\b`, "g"));
  return [...new Set([...found].map(([, number]) => Number(number)))];
}

/** Whether one of its rows is of this slot. */
function reports(message: TracedMessage, slot: number): boolean {
  return Object.values(message).some((field) => isRows(field) && field.some((row) => slotOf(row) === slot));
}

function isRows(field: Shown | undefined): field is readonly Shown[] {
  return Array.isArray(field);
}

function slotOf(row: Shown): Shown | undefined {
  return typeof row === "object" && "slot" in row ? row.slot : undefined;
}
