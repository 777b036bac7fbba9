/**
 * The commands in a value, where a protocol must tell them apart: a command says in its first 4 bytes, the lowest first,
 * how many follow, and a value is commands end to end. What is in them only the state machine reads.
 */
import type { Value } from "./value.ts";

const sizeBytes = 4;

/** The commands of a value, as views of it; undefined when it is not commands end to end. A no-op has none. */
export function commandsOf(value: Value): readonly Uint8Array[] | undefined {
  const commands: Uint8Array[] = [];
  let at = 0;
  while (at < value.length) {
    if (value.length - at < sizeBytes) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = value.subarray(at, at + sizeBytes);
    const end = at + sizeBytes + a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24;
    if (end > value.length) return undefined;
    commands.push(value.subarray(at, end));
    at = end;
  }
  return commands;
}

/** Whether these bytes are one command. */
export function isCommand(bytes: Uint8Array): boolean {
  return commandsOf(bytes)?.length === 1;
}

/** A value of commands end to end. */
export function joinCommands(commands: readonly Uint8Array[]): Value {
  const value = new Uint8Array(commands.reduce((size, command) => size + command.length, 0));
  let at = 0;
  for (const command of commands) {
    value.set(command, at);
    at += command.length;
  }
  return value;
}
