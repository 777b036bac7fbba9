/**
 * What clients ask of a `jsonMachine`, and what it should answer, in a few lines.
 */
import { encodeJson, readJson, type JsonMachineOptions } from "@synod/machines";
import type { Model } from "./model.ts";
import type { Randomness } from "./randomness.ts";
import { WorkloadError, type Workload } from "./workload.ts";

/** One thing to ask: a command or a query, as JSON, and what part of the state it is about. */
export type JsonOperation<Command, Query> = (
  { readonly command: Command; readonly query?: never } | { readonly query: Query; readonly command?: never }
) & {
  /** Operations with different keys must not touch each other; the empty text unless given: one key for all. */
  readonly key?: string;
};

/** What a machine should do to what one key holds: as for `jsonMachine`, so that the one may be checked by the other. */
export type JsonModelOptions<State, Command, Reply, Query, Answer> = Pick<
  JsonMachineOptions<State, Command, Reply, Query, Answer>,
  "initial" | "parse" | "apply" | "query"
>;

export interface JsonWorkloadOptions<State, Command, Reply, Query, Answer> {
  /** The next thing that a client asks for. `unique` is another number each time, in the whole run. */
  next(randomness: Randomness, unique: number): JsonOperation<Command, Query>;
  /** What answers are checked against; without it only replicas are compared with each other. */
  readonly model?: JsonModelOptions<State, Command, Reply, Query, Answer>;
}

/** A workload for a machine that `jsonMachine` makes. In histories its operations are `command` and `query`. */
export function jsonWorkload<State, Command = unknown, Reply = unknown, Query = unknown, Answer = unknown>(
  options: JsonWorkloadOptions<State, Command, Reply, Query, Answer>,
): Workload {
  return {
    ...(options.model === undefined ? {} : { model: jsonModel(options.model) }),
    next(randomness, unique) {
      const operation = options.next(randomness, unique);
      const { command, query } = Object(operation);
      if ((command === undefined) === (query === undefined)) {
        throw new WorkloadError("jsonWorkload: next: expected { command } or { query }, of JSON");
      }
      const kind = operation.command === undefined ? "query" : "command";
      const asked: unknown = copyOf(operation[kind]);
      return {
        kind,
        f: kind,
        key: operation.key ?? "",
        value: asked,
        encode: (writer) => encodeJson(writer, asked),
        decode: readJson,
      };
    },
  };
}

/**
 * The model of a machine that `jsonMachine` makes, one operation at a time: `command` and `query` in a history. What
 * `parse` refuses changes nothing. A command or query of a history that was not checked by `parse` is trusted.
 */
export function jsonModel<State, Command, Reply, Query, Answer>({
  initial,
  parse,
  apply,
  query,
}: JsonModelOptions<State, Command, Reply, Query, Answer>): Model<State> {
  const commandOf = parse ?? ((json: unknown): Command => copyOf(json));
  const keys = new WeakMap<object, string>();
  return {
    initial: copyOf(initial()),
    apply(state, f, asked) {
      const next: State = copyOf(state);
      if (f === "query") return { state, answer: query === undefined ? next : query(next, copyOf(asked)) };
      const command = orNothing(() => commandOf(copyOf(asked)));
      if (command === undefined) return { state, answer: refused };
      // Neither this state nor an answer that is a part of it changes any more.
      return { state: next, answer: apply(next, command.parsed) };
    },
    sameAnswer: (expected, given) => expected !== refused && canonicalJson(expected) === canonicalJson(given),
    keyOf(state) {
      if (typeof state !== "object" || state === null) return canonicalJson(state);
      const key = keys.get(state) ?? canonicalJson(state);
      keys.set(state, key);
      return key;
    },
    effectOf: ({ f }) => (f === "query" ? "none" : "depends"),
  };
}

/** What nobody is answered. */
const refused = Symbol("refused");

function orNothing<Parsed>(parse: () => Parsed): { readonly parsed: Parsed } | undefined {
  try {
    return { parsed: parse() };
  } catch (failure) {
    if (failure instanceof Error) return undefined;
    throw failure;
  }
}

/** What comes of it by way of JSON; null for what JSON has not. Its type is trusted, as that of a machine's state is. */
function copyOf<Type>(value: unknown): Type {
  const copy: Type = JSON.parse(JSON.stringify(value ?? null));
  return copy;
}

/** The same text for the same JSON, in whatever order its fields are. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
