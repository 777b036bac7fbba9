/**
 * One key of a key-value store, one operation at a time.
 */
import { UnknownOperation, type Answered, type Asked, type Effect, type Model } from "../world/model.ts";

/**
 * What the key holds: a text, undefined when there is none, which in a history is null; or the length of a text that
 * nobody reads.
 */
export type Stored = string | number | undefined;

/**
 * The operations, as they are in a history: `get` of null answers the text or null; `put` of a text answers "ok";
 * `append` of a text answers the length after it; `delete` of null answers how many there were, 0 or 1; `cas` of
 * [expected text or null, text] answers 1 when it put it, else 0.
 */
export const keyValueModel: Model<Stored> = {
  initial: undefined,
  apply: (stored, f, asked) => applyTo(stored, f, asked, (text) => text),
  sameAnswer: (expected, given) => expected === given,
  keyOf(stored) {
    if (stored === undefined) return "nothing";
    return typeof stored === "number" ? `a text of ${stored} that nobody reads` : JSON.stringify(stored);
  },
  effectOf: ({ f }, answered) =>
    (answered === undefined ? unsureEffects : doneEffects(answered.answer)).get(f) ?? "depends",
  mayLeadTo(stored, goal, unsure) {
    if (stored === undefined || isOnTheWayTo(stored, goal)) return true;
    if (typeof stored === "number") return false;
    return unsure.some(({ f, asked }) => f === "cas" && swapOf(asked).expected?.startsWith(stored) === true);
  },
  madeFor(operations) {
    const texts = new ReadTexts(operations);
    return {
      ...keyValueModel,
      apply: (stored, f, asked) => applyTo(stored, f, asked, (text) => (texts.beginsOne(text) ? text : text.length)),
      alike: ({ f, asked }) => JSON.stringify([f, texts.simplify(f, asked)]),
    } satisfies Model<Stored>;
  },
};

/** The texts of which an answer may depend: no operation tells two others of one length apart, nor what comes of them. */
class ReadTexts {
  readonly #sorted: readonly string[];

  constructor(operations: readonly (Asked & { readonly answered: Answered | undefined })[]) {
    const texts = operations.map(({ f, asked, answered }) =>
      f === "get" ? answered?.answer : f === "cas" ? swapOf(asked).expected : undefined,
    );
    this.#sorted = [...new Set(texts.filter((text) => typeof text === "string"))].sort();
  }

  /** Whether one of them begins with this. */
  beginsOne(text: string): boolean {
    let [least, most] = [0, this.#sorted.length];
    while (least < most) {
      const middle = (least + most) >> 1;
      if ((this.#sorted[middle] ?? "") < text) least = middle + 1;
      else most = middle;
    }
    return this.#sorted[least]?.startsWith(text) === true;
  }

  /** What is asked, with only the length of a text that nobody reads. */
  simplify(f: string, asked: unknown): unknown {
    if (f === "append") return this.#sorted.some((text) => text.includes(textOf(asked))) ? asked : textOf(asked).length;
    if (f === "put") return this.beginsOne(textOf(asked)) ? asked : textOf(asked).length;
    if (f !== "cas") return asked;
    const { expected, text } = swapOf(asked);
    return [expected ?? null, this.beginsOne(text) ? text : text.length];
  }
}

/** @param store what is kept of a text */
function applyTo(
  stored: Stored,
  f: string,
  asked: unknown,
  store: (text: string) => Stored,
): { readonly state: Stored; readonly answer: unknown } {
  switch (f) {
    case "get":
      return { state: stored, answer: typeof stored === "number" ? unread : (stored ?? null) };
    case "put":
      return { state: store(textOf(asked)), answer: "ok" };
    case "append": {
      const text = textOf(asked);
      const length = lengthOf(stored) + text.length;
      return { state: typeof stored === "number" ? length : store(`${stored ?? ""}${text}`), answer: length };
    }
    case "delete":
      return { state: undefined, answer: stored === undefined ? 0 : 1 };
    case "cas": {
      const { expected, text } = swapOf(asked);
      return stored === expected ? { state: store(text), answer: 1 } : { state: stored, answer: 0 };
    }
    default:
      throw new UnknownOperation("f", "get, put, append, delete or cas");
  }
}

/** The answer of a text that nobody reads: nobody was given it. */
const unread = Symbol("unread");

const unsureEffects: ReadonlyMap<string, Effect> = new Map([
  ["get", "none"],
  ["put", "overwrites"],
  ["delete", "overwrites"],
]);

function doneEffects(answer: unknown): ReadonlyMap<string, Effect> {
  const ifItFound: Effect = answer === 0 ? "none" : answer === 1 ? "overwrites" : "depends";
  return new Map([
    ["get", "none"],
    ["put", "overwrites"],
    ["delete", ifItFound],
    ["cas", ifItFound],
  ]);
}

/** Whether appending may be all that is missing. */
function isOnTheWayTo(stored: string | number, { f, asked, answer }: Asked & Answered): boolean {
  switch (f) {
    case "get":
      return typeof answer === "string" && typeof stored === "string" && answer.startsWith(stored);
    case "append":
      return typeof answer === "number" && lengthOf(stored) + textOf(asked).length <= answer;
    case "cas":
      return answer !== 1 || (typeof stored === "string" && swapOf(asked).expected?.startsWith(stored) === true);
    case "delete":
      return answer !== 0;
    default:
      return true;
  }
}

function lengthOf(stored: Stored): number {
  return typeof stored === "string" ? stored.length : (stored ?? 0);
}

function textOf(asked: unknown): string {
  if (typeof asked !== "string") throw new UnknownOperation("value", "a text");
  return asked;
}

function swapOf(asked: unknown): { readonly expected: string | undefined; readonly text: string } {
  const [expected, text, more]: readonly unknown[] = Array.isArray(asked) ? asked : [];
  const isExpected = expected === null || typeof expected === "string";
  if (!isExpected || typeof text !== "string" || more !== undefined) {
    throw new UnknownOperation("value", "[expected text or null, text]");
  }
  return { expected: expected ?? undefined, text };
}
