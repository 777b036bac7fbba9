/**
 * What clients ask of a state machine.
 */
import type { ByteReader, ByteWriter } from "@synod/wire";
import type { Model } from "./model.ts";
import type { Randomness } from "./randomness.ts";

/** One thing to ask. */
export interface Operation {
  /** A command changes the machine; a query does not, and writes no log. */
  readonly kind: "command" | "query";
  /** Its name, as in the history. */
  readonly f: string;
  /** What it is about. Operations of different keys must not touch each other, if the machine has a model. */
  readonly key: string;
  /** What is asked, as in the history. */
  readonly value: unknown;
  readonly encode: (writer: ByteWriter) => void;
  readonly decode: (reader: ByteReader) => unknown;
}

export interface Workload {
  /** The next thing that a client asks for. `unique` is another number each time, in the whole run. */
  next(randomness: Randomness, unique: number): Operation;
  /** What answers are checked against; without one only replicas are compared with each other. */
  readonly model?: Model;
}

/** A workload does not give what a client can ask. */
export class WorkloadError extends TypeError {
  override readonly name = "WorkloadError";
}

/** The same workload, which throws a WorkloadError for what nobody can ask, and instead of its own errors. */
export function checkedWorkload(workload: Workload): Workload {
  return {
    ...workload,
    next(randomness, unique) {
      const operation = asked("next", () => workload.next(randomness, unique));
      const found = new Map<string, unknown>(Object.entries(operation ?? {}));
      for (const [field, expected, holds] of operationFields) {
        if (!holds(found.get(field))) throw refusal(field, expected, found.get(field));
      }
      return {
        ...operation,
        encode: (writer) => asked("encode", () => operation.encode(writer)),
        decode: (reader) => asked("decode", () => operation.decode(reader)),
      };
    },
  };
}

const isFunction = (field: unknown): boolean => typeof field === "function";

const operationFields: readonly (readonly [field: string, expected: string, holds: (field: unknown) => boolean])[] = [
  ["kind", '"command" or "query"', (field) => field === "command" || field === "query"],
  ["f", "the name of the operation", (field) => typeof field === "string" && field !== ""],
  ["key", "a text", (field) => typeof field === "string"],
  ["encode", "a function that writes it", isFunction],
  ["decode", "a function that reads its answer", isFunction],
];

function refusal(field: string, expected: string, found: unknown): WorkloadError {
  return new WorkloadError(`workload.next(): ${field}: expected ${expected}, got ${show(found)}`);
}

function show(found: unknown): string {
  return typeof found === "function" ? "a function" : (JSON.stringify(found) ?? "nothing");
}

function asked<Result>(part: string, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof WorkloadError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorkloadError(`workload: ${part} threw: ${reason}`, { cause });
  }
}
