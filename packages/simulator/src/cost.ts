/**
 * What a play cost: its messages, and how long clients waited. A message takes one unit of time unless the scenario
 * slows it, so that units are the message delays in which papers count.
 */
import type { TracedMessage } from "./trace.ts";

export interface Cost {
  readonly messages: number;
  /** How many messages of each kind, in the order in which they were first sent. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Of each client, the units of time from asking to each answer. */
  readonly answeredAfter: Readonly<Record<string, readonly number[]>>;
}

export function costOf(messages: readonly TracedMessage[]): Cost {
  const kinds: Record<string, number> = {};
  for (const { kind } of messages) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { messages: messages.length, kinds, answeredAfter: answersOf(messages) };
}

/** The messages that answer a client, in whichever protocol. */
const answerKinds = new Set(["Response", "Begun", "PutReply", "GetReply", "Decision"]);

/** A client asks from the first message that it sends after its last answer. */
function answersOf(messages: readonly TracedMessage[]): Record<string, readonly number[]> {
  const events = messages.flatMap((message) => {
    const { at, from, to, kind, lost, arrives = at + 1 } = message;
    if (isClient(from)) return [{ time: at, client: from, answers: false }];
    if (!isClient(to) || !answerKinds.has(kind) || lost !== undefined) return [];
    return [{ time: arrives, client: to, answers: true }];
  });
  const askedAt = new Map<string, number>();
  const answered: Record<string, number[]> = {};
  for (const { time, client, answers } of events.toSorted((one, other) => one.time - other.time)) {
    const since = askedAt.get(client);
    if (!answers && since === undefined) askedAt.set(client, time);
    if (!answers || since === undefined) continue;
    (answered[client] ??= []).push(time - since);
    askedAt.delete(client);
  }
  return answered;
}

function isClient(name: string): boolean {
  return name.startsWith("client ");
}

/** In words, a line for the messages and one for each client that was answered. */
export function showCost({ messages, kinds, answeredAfter }: Cost, maxWidth: number): readonly string[] {
  const words = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  const lines: string[] = [];
  let line = `${messages} messages:`;
  for (const [index, word] of words.entries()) {
    const next = index < words.length - 1 ? `${word},` : word;
    if (line.length + 1 + next.length > maxWidth) {
      lines.push(line);
      line = `  ${next}`;
    } else line += ` ${next}`;
  }
  const clients = Object.entries(answeredAfter).map(
    ([client, units]) => `${client} was answered after ${units.join(", ")} units of time`,
  );
  return [...lines, line, ...clients];
}
