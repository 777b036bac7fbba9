/**
 * One key of a key-value store, one operation at a time.
 */
import { UnknownOperation, type Answered, type Asked, type Effect, type Model } from "../world/model.ts";

/** Undefined when there is none; in a history that is null. */
export type Stored = string | undefined;

/**
 * The operations, as they are in a history: `get` of null answers the text or null; `put` of a text answers "ok";
 * `append` of a text answers the length after it; `delete` of null answers how many there were, 0 or 1; `cas` of
 * [expected text or null, text] answers 1 when it put it, else 0.
 */
export const keyValueModel: Model<Stored> = {
  initial: undefined,
  apply(stored, f, asked) {
    switch (f) {
      case "get":
        return { state: stored, answer: stored ?? null };
      case "put":
        return { state: textOf(asked), answer: "ok" };
      case "append": {
        const text = `${stored ?? ""}${textOf(asked)}`;
        return { state: text, answer: text.length };
      }
      case "delete":
        return { state: undefined, answer: stored === undefined ? 0 : 1 };
      case "cas": {
        const { expected, text } = swapOf(asked);
        return stored === expected ? { state: text, answer: 1 } : { state: stored, answer: 0 };
      }
      default:
        throw new UnknownOperation("f", "get, put, append, delete or cas");
    }
  },
  sameAnswer: (expected, given) => expected === given,
  keyOf: (stored) => (stored === undefined ? "nothing" : JSON.stringify(stored)),
  effectOf: ({ f }, answered) =>
    (answered === undefined ? unsureEffects : doneEffects(answered.answer))[f] ?? "depends",
  mayLeadTo(stored, goal, unsure) {
    if (stored === undefined || isOnTheWayTo(stored, goal)) return true;
    return unsure.some(({ f, asked }) => f === "cas" && swapOf(asked).expected?.startsWith(stored) === true);
  },
};

const unsureEffects: Readonly<Record<string, Effect>> = { get: "none", put: "overwrites", delete: "overwrites" };

function doneEffects(answer: unknown): Readonly<Record<string, Effect>> {
  const ifItFound: Effect = answer === 0 ? "none" : answer === 1 ? "overwrites" : "depends";
  return { get: "none", put: "overwrites", delete: ifItFound, cas: ifItFound };
}

/** Whether appending may be all that is missing. */
function isOnTheWayTo(stored: string, { f, asked, answer }: Asked & Answered): boolean {
  switch (f) {
    case "get":
      return typeof answer === "string" && answer.startsWith(stored);
    case "append":
      return typeof answer === "number" && stored.length + textOf(asked).length <= answer;
    case "cas": {
      const { expected } = swapOf(asked);
      return answer !== 1 || expected?.startsWith(stored) === true;
    }
    case "delete":
      return answer !== 0;
    default:
      return true;
  }
}

function textOf(asked: unknown): string {
  if (typeof asked !== "string") throw new UnknownOperation("value", "a text");
  return asked;
}

function swapOf(asked: unknown): { readonly expected: Stored; readonly text: string } {
  const [expected, text, more]: readonly unknown[] = Array.isArray(asked) ? asked : [];
  const isExpected = expected === null || typeof expected === "string";
  if (!isExpected || typeof text !== "string" || more !== undefined) {
    throw new UnknownOperation("value", "[expected text or null, text]");
  }
  return { expected: expected ?? undefined, text };
}
