/**
 * A machine of one's own, for states that are small: commands, replies and state are JSON.
 */
import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import type { StateMachine } from "./machine.ts";
import { partBytes, PartsReader } from "./parts.ts";
import { utf8Bytes, utf8Text } from "./utf8.ts";

export interface JsonMachineOptions<State> {
  /** The machine and the version of its commands and state, e.g. `bank/1`. */
  readonly name: string;
  /** The state before the first command: what JSON can say. */
  readonly initial: State;
  /**
   * Applies a command to the state, changing it in place, and returns the reply: what JSON can say, null for undefined.
   * Must be deterministic. It knows nothing of the command but that it was JSON; one that it cannot use it refuses with
   * a `DecodeError`, before it changes anything. Whatever else it throws stops the replica.
   */
  readonly apply: (state: State, command: unknown) => unknown;
  /** Answers a question; must not change the state. The whole state when left out. */
  readonly query?: (state: Readonly<State>, query: unknown) => unknown;
}

/** Makes a state machine of plain functions on a JSON state. Its snapshots are taken in one go. */
export function jsonMachine<State>(options: JsonMachineOptions<State>): StateMachine {
  const { name, initial, apply, query = (state: Readonly<State>): unknown => state } = options;
  let state = stateOf<State>(JSON.parse(JSON.stringify(initial)));
  return {
    name,
    apply: (command, reply) => encodeJson(reply, apply(state, readJson(command))),
    query: (question, reply) => encodeJson(reply, query(state, readJson(question))),
    snapshot: () => cut(utf8Bytes(JSON.stringify(state))),
    restore: (parts) => {
      const reader = new PartsReader(parts);
      const bytes = reader.bytes("JSON state");
      reader.end("JSON snapshot");
      state = stateOf<State>(readJson(new ByteReader(bytes)));
    },
  };
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

/** The one place that trusts JSON to be a state: it comes from `snapshot`, of a machine of the same name. */
function stateOf<State>(json: unknown): State {
  return json as State;
}

function* cut(text: string): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter(text.length + 4);
  writer.text(text);
  for (let at = 0; at < writer.length; at += partBytes) {
    yield writer.view(at, Math.min(writer.length, at + partBytes)).slice();
  }
  return undefined;
}
