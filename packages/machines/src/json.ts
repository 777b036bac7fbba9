/**
 * A machine of one's own, for states that are small: commands, replies and state are JSON.
 */
import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import type { StateMachine } from "./machine.ts";
import { partBytes, PartsReader } from "./parts.ts";
import { utf8Bytes, utf8Text } from "./utf8.ts";

/**
 * What a machine of one's own is made of. All of it is JSON and deterministic: no clock, no randomness, nothing that
 * differs from node to node.
 */
export interface JsonMachineOptions<State, Command, Reply, Query, Answer> {
  /** The machine and the version of its commands and state, e.g. `bank/1`. */
  readonly name: string;
  /** Makes the state before the first command. */
  readonly initial: () => State;
  /**
   * Checks what a client sent, which may be any JSON. A command for which it throws is refused with that message and
   * changes nothing. Without it, what a client sends is taken to be a command.
   */
  readonly parse?: (json: unknown) => Command;
  /**
   * Applies a command to the state, changing it in place, and returns the reply. What it throws stops the replica, on
   * every node, since the state may be half changed; a `DecodeError` refuses the command, and must come before any
   * change.
   */
  readonly apply: (state: State, command: Command) => Reply;
  /** Answers a question; must not change the state. What it throws refuses the query. The whole state when left out. */
  readonly query?: (state: State, query: Query) => Answer;
}

/** Makes a state machine of plain functions on a JSON state. Its snapshots are taken in one go. */
export function jsonMachine<State, Command = unknown, Reply = unknown, Query = unknown, Answer = unknown>(
  options: JsonMachineOptions<State, Command, Reply, Query, Answer>,
): StateMachine {
  const { name, initial, parse = trusted<Command>, apply, query } = options;
  let state = initial();
  return {
    name,
    apply(command, reply) {
      const at = command.offset;
      const json = readJson(command);
      const parsed = orRefuse("command", at, () => parse(json));
      encodeInOrder(reply, apply(state, parsed));
    },
    query(question, reply) {
      const at = question.offset;
      const json = readJson(question);
      const answer = query === undefined ? state : orRefuse("query", at, () => query(state, trusted<Query>(json)));
      encodeInOrder(reply, answer);
    },
    snapshot: () => cut(utf8Bytes(JSON.stringify(state, inOrder))),
    restore(parts) {
      const reader = new PartsReader(parts);
      const bytes = reader.bytes("JSON state");
      reader.end("JSON snapshot");
      state = trusted<State>(readJson(new ByteReader(bytes)));
    },
  };
}

/** What a machine answers: the same bytes on every replica. */
function encodeInOrder(writer: ByteWriter, value: unknown): void {
  writer.rawText(utf8Bytes(JSON.stringify(value ?? null, inOrder)));
}

/** The same bytes for the same value, whatever the order in which its keys came to be. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Writes a command or query for a `jsonMachine`. */
export function encodeJson(writer: ByteWriter, value: unknown): void {
  writer.rawText(utf8Bytes(JSON.stringify(value ?? null)));
}

/** The JSON in the rest of the bytes: a reply. @throws DecodeError */
export function readJson(reader: ByteReader): unknown {
  const at = reader.offset;
  try {
    return JSON.parse(utf8Text(reader.rawText(reader.remaining, "JSON")));
  } catch (failure) {
    if (failure instanceof SyntaxError) throw new DecodeError("JSON", at, failure.message);
    throw failure;
  }
}

/** The one place that trusts JSON: the state from `snapshot` of a machine of the same name, and what has no check. */
function trusted<Type>(json: unknown): Type {
  return json as Type;
}

/** What throws before anything has changed refuses its input, with the reason. */
function orRefuse<Result>(field: string, offset: number, act: () => Result): Result {
  try {
    return act();
  } catch (failure) {
    if (failure instanceof DecodeError) throw failure;
    throw new DecodeError(field, offset, failure instanceof Error ? failure.message : String(failure));
  }
}

function* cut(text: string): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter(text.length + 4);
  writer.text(text);
  for (let at = 0; at < writer.length; at += partBytes) {
    yield writer.view(at, Math.min(writer.length, at + partBytes)).slice();
  }
  return undefined;
}
