/**
 * The commands and replies of the key-value machine in bytes, as clients write and read them.
 *
 *     put, append    kind u8 | key text | value, to the end
 *     get, delete    kind u8 | key text
 *     cas            kind u8 | key text | 0 or 1: a value is expected | expected text, if so | value, to the end
 *
 *     ok, absent     kind u8
 *     value          kind u8 | value, to the end
 *     integer        kind u8 | u32
 *     tooLarge       kind u8 | bytes that the value would have u32
 *
 * A text is a length of 4 bytes and the bytes. Clients give and get texts as JavaScript strings, in UTF-8.
 */
import { limits } from "@synod/protocol";
import { DecodeError, type ByteReader, type ByteWriter } from "@synod/wire";
import { LimitError } from "./limit-error.ts";
import { utf8Bytes, utf8Text } from "./utf8.ts";

export const commandKind = { put: 0, append: 1, delete: 2, cas: 3, get: 4 } as const;
export const replyKind = { ok: 0, absent: 1, value: 2, integer: 3, tooLarge: 4 } as const;

/** Sets a key. Answered by `readOk`. @throws LimitError */
export function encodePut(command: ByteWriter, key: string, value: string): void {
  const keyBytes = checkedKey(key);
  const valueBytes = checkedValue(value);
  command.u8(commandKind.put);
  command.text(keyBytes);
  command.rawText(valueBytes);
}

/**
 * Adds to the end of what a key holds, which is nothing when it is absent. Answered by `readInteger`: the new length
 * in bytes. @throws LimitError
 */
export function encodeAppend(command: ByteWriter, key: string, value: string): void {
  const keyBytes = checkedKey(key);
  const valueBytes = checkedValue(value);
  command.u8(commandKind.append);
  command.text(keyBytes);
  command.rawText(valueBytes);
}

/** Removes a key. Answered by `readInteger`: 1, or 0 when there was none. @throws LimitError */
export function encodeDelete(command: ByteWriter, key: string): void {
  const keyBytes = checkedKey(key);
  command.u8(commandKind.delete);
  command.text(keyBytes);
}

/**
 * Sets a key if it holds `expected`, or if it is absent and `expected` is undefined. Answered by `readInteger`: 1 when
 * it was set, else 0. @throws LimitError
 */
export function encodeCas(command: ByteWriter, key: string, expected: string | undefined, value: string): void {
  const keyBytes = checkedKey(key);
  const valueBytes = checkedValue(value);
  const expectedBytes = expected === undefined ? undefined : checkedValue(expected);
  command.u8(commandKind.cas);
  command.text(keyBytes);
  command.u8(expectedBytes === undefined ? 0 : 1);
  if (expectedBytes !== undefined) command.text(expectedBytes);
  command.rawText(valueBytes);
}

/** Asks for what a key holds; as a command or as a query. Answered by `readValue`. @throws LimitError */
export function encodeGet(command: ByteWriter, key: string): void {
  const keyBytes = checkedKey(key);
  command.u8(commandKind.get);
  command.text(keyBytes);
}

/** @throws LimitError when the command was refused; DecodeError */
export function readOk(reply: ByteReader): void {
  expectKind(reply, replyKind.ok, "ok");
}

/** The value, or undefined when the key is absent. @throws DecodeError */
export function readValue(reply: ByteReader): string | undefined {
  const at = reply.offset;
  const kind = reply.u8("reply kind");
  if (kind === replyKind.absent) return undefined;
  if (kind !== replyKind.value) throw new DecodeError("reply kind", at, `a value or absent, got ${kind}`);
  return utf8Text(reply.rawText(reply.remaining, "value"));
}

/** @throws LimitError when the command was refused; DecodeError */
export function readInteger(reply: ByteReader): number {
  expectKind(reply, replyKind.integer, "an integer");
  return reply.u32("integer");
}

function expectKind(reply: ByteReader, expected: number, name: string): void {
  const at = reply.offset;
  const kind = reply.u8("reply kind");
  if (kind === expected) return;
  if (kind === replyKind.tooLarge) throw new LimitError("storedBytes", reply.u32("value size"));
  throw new DecodeError("reply kind", at, `${name}, got ${kind}`);
}

function checkedKey(key: string): string {
  const bytes = utf8Bytes(key);
  if (bytes.length > limits.keyBytes) throw new LimitError("keyBytes", bytes.length);
  return bytes;
}

function checkedValue(value: string): string {
  const bytes = utf8Bytes(value);
  if (bytes.length > limits.storedBytes) throw new LimitError("storedBytes", bytes.length);
  return bytes;
}
