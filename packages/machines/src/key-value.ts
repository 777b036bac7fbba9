/**
 * The key-value machine, `kv/1`. Keys and values are bytes: it never decodes a text.
 */
import { limits } from "@synod/protocol";
import { ByteWriter, DecodeError, type ByteReader } from "@synod/wire";
import { commandKind, replyKind } from "./key-value-format.ts";
import { KeyValueState, type Capture } from "./key-value-state.ts";
import type { StateMachine, Touch } from "./machine.ts";
import { partBytes, PartsReader, partsOf } from "./parts.ts";

/** Stands where a key's length would, after the last entry of a snapshot. */
const lastEntry = 0xffffffff;

export class KeyValueMachine implements StateMachine {
  readonly name = "kv/1";
  readonly #state = new KeyValueState();

  /** The number of keys. */
  get size(): number {
    return this.#state.size;
  }

  apply(command: ByteReader, reply: ByteWriter): void {
    const at = command.offset;
    const kind = command.u8("command kind");
    switch (kind) {
      case commandKind.put:
        return this.#put(readKey(command), rest(command), reply);
      case commandKind.append:
        return this.#append(readKey(command), rest(command), reply);
      case commandKind.delete: {
        const key = readKey(command);
        command.end("delete");
        return writeInteger(reply, this.#state.delete(key) ? 1 : 0);
      }
      case commandKind.cas: {
        const key = readKey(command);
        const expected = command.flag("value expected") ? command.text("expected value") : undefined;
        return this.#cas(key, expected, rest(command), reply);
      }
      case commandKind.get:
        return this.#get(command, reply);
      default:
        throw new DecodeError("command kind", at, `0 to ${commandKind.get}, got ${kind}`);
    }
  }

  query(query: ByteReader, reply: ByteWriter): void {
    const at = query.offset;
    const kind = query.u8("query kind");
    if (kind !== commandKind.get) throw new DecodeError("query kind", at, `get, ${commandKind.get}, got ${kind}`);
    this.#get(query, reply);
  }

  /** A part of the state for each key. */
  readonly touches = (command: ByteReader, touch: Touch): void => {
    const kind = command.u8("command kind");
    touch(readKey(command), kind !== commandKind.get);
  };

  /** Entries in the order of their shards, and of their keys within a shard. */
  snapshot(): IterableIterator<Uint8Array> {
    const capture = this.#state.capture();
    return partsOf(entryParts(capture), () => this.#state.release(capture));
  }

  restore(parts: Iterable<Uint8Array>): void {
    const reader = new PartsReader(parts);
    const restored = new KeyValueState();
    for (;;) {
      const keyBytes = reader.u32("key length");
      if (keyBytes === lastEntry) break;
      restored.set(reader.rawText(keyBytes, "key"), reader.text("value"));
    }
    reader.end("key-value snapshot");
    this.#state.replace(restored);
  }

  #put(key: string, value: string, reply: ByteWriter): void {
    if (value.length > limits.storedBytes) return writeTooLarge(reply, value.length);
    this.#state.set(key, value);
    reply.u8(replyKind.ok);
  }

  #append(key: string, added: string, reply: ByteWriter): void {
    const value = (this.#state.get(key) ?? "") + added;
    if (value.length > limits.storedBytes) return writeTooLarge(reply, value.length);
    this.#state.set(key, value);
    writeInteger(reply, value.length);
  }

  #cas(key: string, expected: string | undefined, value: string, reply: ByteWriter): void {
    if (this.#state.get(key) !== expected) return writeInteger(reply, 0);
    if (value.length > limits.storedBytes) return writeTooLarge(reply, value.length);
    this.#state.set(key, value);
    writeInteger(reply, 1);
  }

  #get(query: ByteReader, reply: ByteWriter): void {
    const key = readKey(query);
    query.end("get");
    const value = this.#state.get(key);
    if (value === undefined) return reply.u8(replyKind.absent);
    reply.u8(replyKind.value);
    reply.rawText(value);
  }
}

function readKey(command: ByteReader): string {
  const at = command.offset;
  const length = command.u32("key length");
  if (length > limits.keyBytes) throw new DecodeError("key", at, `at most ${limits.keyBytes} bytes, got ${length}`);
  return command.rawText(length, "key");
}

function rest(command: ByteReader): string {
  return command.rawText(command.remaining, "value");
}

function writeInteger(reply: ByteWriter, value: number): void {
  reply.u8(replyKind.integer);
  reply.u32(value);
}

function writeTooLarge(reply: ByteWriter, sizeBytes: number): void {
  reply.u8(replyKind.tooLarge);
  reply.u32(sizeBytes);
}

function* entryParts(capture: Capture): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter();
  for (let shard = capture.nextShard(); shard !== undefined; shard = capture.nextShard()) {
    const { keys, values } = shard;
    for (let i = 0; i < keys.length; i++) {
      writer.text(keys[i] ?? "");
      writer.text(values[i] ?? "");
      if (writer.length >= partBytes) yield writer.take(partBytes);
    }
  }
  writer.u32(lastEntry);
  yield writer.take();
  return undefined;
}

/** A new, empty key-value machine: the factory that a worker thread calls. */
export function newKeyValueMachine(): KeyValueMachine {
  return new KeyValueMachine();
}
