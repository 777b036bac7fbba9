/**
 * What every state machine must do, as named cases that any test runner runs in one line:
 *
 *     for (const { name, run } of stateMachineCases) test(name, () => run(subject));
 *
 * A case throws when the machine fails it.
 */
import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import type { StateMachine } from "./machine.ts";

/** A machine to be tried, with commands to try it by. */
export interface Subject {
  /** A new machine without any history. */
  readonly make: () => StateMachine;
  /** Well-formed commands, at least 8. The first half must lead to another state than none of them, and so must all. */
  readonly commands: readonly Uint8Array[];
  /** Well-formed queries, at least one of which answers differently before and after the commands. */
  readonly queries: readonly Uint8Array[];
  /** Commands that are not well formed, at least one. */
  readonly malformed: readonly Uint8Array[];
}

export interface Case {
  readonly name: string;
  readonly run: (subject: Subject) => void;
}

/** A machine does not do what it must. */
export class ComplianceError extends Error {
  override readonly name = "ComplianceError";
}

export const stateMachineCases: readonly Case[] = [
  {
    name: "the same commands give the same replies and the same state",
    run({ make, commands }) {
      const [one, other] = [make(), make()];
      for (const command of commands) same(applied(one, command), applied(other, command), "replies differ");
      same(saved(one), saved(other), "snapshots differ");
    },
  },
  {
    name: "commands change the state, and queries see it",
    run({ make, commands, queries }) {
      const machine = make();
      const [stateBefore, before] = [saved(machine), answers(machine, queries)];
      applyAll(machine, firstHalf(commands));
      const stateBetween = saved(machine);
      differ(stateBefore, stateBetween, "the first half of the commands changes nothing");
      applyAll(machine, secondHalf(commands));
      differ(stateBetween, saved(machine), "the second half of the commands changes nothing");
      differ(before, answers(machine, queries), "no query sees what the commands changed");
    },
  },
  {
    name: "a query changes nothing",
    run({ make, commands, queries }) {
      const [asked, left] = [make(), make()];
      for (const command of commands) {
        for (const query of queries) answer(asked, query);
        same(applied(asked, command), applied(left, command), "a reply changes when queries came before");
      }
      same(saved(asked), saved(left), "a query changed the state");
    },
  },
  {
    name: "a reply is added to what was written before it",
    run({ make, commands, queries }) {
      const [machine, plain] = [make(), make()];
      for (const [input, ask] of [...each(commands, false), ...each(queries, true)]) {
        const writer = new ByteWriter();
        writer.u32(0xfeedbeef);
        give(machine, input, writer, ask);
        const expected = ask ? answer(plain, input) : applied(plain, input);
        same(writer.take().subarray(4), expected, "a reply depends on what was written before it");
      }
    },
  },
  {
    name: "a command is read within its window only",
    run({ make, commands }) {
      const [framed, plain] = [make(), make()];
      for (const command of commands) {
        const bytes = new Uint8Array(command.length + 16).fill(0xa5);
        bytes.set(command, 8);
        const writer = new ByteWriter();
        framed.apply(new ByteReader(bytes, 8, 8 + command.length), writer);
        same(writer.take(), applied(plain, command), "a reply depends on the bytes around the command");
        bytes.fill(0x5a);
      }
      same(saved(framed), saved(plain), "the state depends on the bytes around the commands, or holds on to them");
    },
  },
  {
    name: "a snapshot restores the state",
    run({ make, commands, queries }) {
      const [machine, restored] = [make(), make()];
      applyAll(machine, firstHalf(commands));
      restored.restore(machine.snapshot());
      sameFromHere(machine, restored, secondHalf(commands), queries);
    },
  },
  {
    name: "a snapshot restores the state from any other cuts of its bytes",
    run({ make, commands, queries }) {
      const machine = make();
      applyAll(machine, commands);
      const bytes = saved(machine);
      for (const size of [1, 2, 3, 7, 64, 1000]) {
        const restored = make();
        restored.restore(cut(bytes, size));
        sameFromHere(machine, restored, [], queries);
      }
    },
  },
  {
    name: "a snapshot is of the instant of the call, while commands go on",
    run({ make, commands }) {
      const machine = make();
      applyAll(machine, firstHalf(commands));
      const before = saved(machine);
      const parts: Uint8Array[] = [];
      const snapshot = machine.snapshot();
      for (const command of secondHalf(commands)) applied(machine, command);
      for (const part of snapshot) {
        parts.push(part.slice());
        for (const command of commands) applied(machine, command);
      }
      same(joined(parts), before, "a snapshot shows a later command");
    },
  },
  {
    name: "the parts of a snapshot stay as they were",
    run({ make, commands }) {
      const machine = make();
      applyAll(machine, commands);
      const parts: Uint8Array[] = [];
      const copies: Uint8Array[] = [];
      for (const part of machine.snapshot()) {
        parts.push(part);
        copies.push(part.slice());
      }
      applyAll(machine, commands);
      same(joined(parts), joined(copies), "a part changed after it was given");
    },
  },
  {
    name: "commands during a snapshot are not lost, whether it ends or is dropped",
    run({ make, commands, queries }) {
      for (const ends of [true, false]) {
        const [machine, plain] = [make(), make()];
        applyAll(machine, firstHalf(commands));
        applyAll(plain, firstHalf(commands));
        const parts = machine.snapshot()[Symbol.iterator]();
        for (const command of secondHalf(commands)) {
          if (ends) parts.next();
          same(applied(machine, command), applied(plain, command), "a reply changes during a snapshot");
        }
        if (ends) for (let part = parts.next(); part.done !== true;) part = parts.next();
        else parts.return?.();
        sameFromHere(machine, plain, commands, queries);
      }
    },
  },
  {
    name: "restoring replaces the state rather than adding to it",
    run({ make, commands, queries }) {
      const [machine, empty] = [make(), make()];
      applyAll(machine, commands);
      machine.restore(empty.snapshot());
      sameFromHere(machine, empty, commands, queries);
    },
  },
  {
    name: "a snapshot that is cut short or goes on too long is refused, and changes nothing",
    run({ make, commands }) {
      const [full, machine] = [make(), make()];
      applyAll(full, commands);
      applyAll(machine, firstHalf(commands));
      const [whole, before] = [saved(full), saved(machine)];
      for (const size of [0, 1, Math.floor(whole.length / 2), whole.length - 1]) {
        refused(() => machine.restore(cutShort(whole.subarray(0, size))), `${size} of ${whole.length} snapshot bytes`);
        same(saved(machine), before, "a snapshot that was refused changed the state");
      }
      refused(() => machine.restore([whole, Uint8Array.of(0)]), "a byte after the end of a snapshot");
      same(saved(machine), before, "a snapshot that was refused changed the state");
    },
  },
  {
    name: "a malformed command is refused, and changes nothing",
    run({ make, commands, malformed }) {
      const machine = make();
      applyAll(machine, firstHalf(commands));
      const before = saved(machine);
      for (const command of malformed) {
        refused(() => applied(machine, command), "a malformed command");
        same(saved(machine), before, "a malformed command changed the state");
      }
      same(saved(machine), before, "a malformed command changed the state");
    },
  },
];

function give(machine: StateMachine, input: Uint8Array, reply: ByteWriter, ask: boolean): void {
  if (ask) machine.query(new ByteReader(input), reply);
  else machine.apply(new ByteReader(input), reply);
}

function applied(machine: StateMachine, command: Uint8Array): Uint8Array {
  const reply = new ByteWriter();
  give(machine, command, reply, false);
  return reply.take();
}

function answer(machine: StateMachine, query: Uint8Array): Uint8Array {
  const reply = new ByteWriter();
  give(machine, query, reply, true);
  return reply.take();
}

function applyAll(machine: StateMachine, commands: readonly Uint8Array[]): void {
  for (const command of commands) applied(machine, command);
}

function answers(machine: StateMachine, queries: readonly Uint8Array[]): Uint8Array {
  return joined(queries.map((query) => answer(machine, query)));
}

function saved(machine: StateMachine): Uint8Array {
  return joined(Array.from(machine.snapshot(), (part) => part.slice()));
}

function sameFromHere(
  one: StateMachine,
  other: StateMachine,
  commands: readonly Uint8Array[],
  queries: readonly Uint8Array[],
): void {
  same(saved(one), saved(other), "states differ");
  for (const command of commands) same(applied(one, command), applied(other, command), "replies differ afterwards");
  same(answers(one, queries), answers(other, queries), "answers differ afterwards");
  same(saved(one), saved(other), "states differ afterwards");
}

function firstHalf(commands: readonly Uint8Array[]): readonly Uint8Array[] {
  return commands.slice(0, commands.length >> 1);
}

function secondHalf(commands: readonly Uint8Array[]): readonly Uint8Array[] {
  return commands.slice(commands.length >> 1);
}

function each(inputs: readonly Uint8Array[], ask: boolean): readonly (readonly [Uint8Array, boolean])[] {
  return inputs.map((input) => [input, ask] as const);
}

function* cut(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.slice(at, at + sizeBytes);
}

/** As a replica gives a machine what is cut short: an error after the last byte. */
function* cutShort(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes.slice();
  throw new DecodeError("machine part", bytes.length, "more bytes");
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.raw(part);
  return writer.take();
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function same(one: Uint8Array, other: Uint8Array, complaint: string): void {
  if (!isSame(one, other)) throw new ComplianceError(complaint);
}

function differ(one: Uint8Array, other: Uint8Array, complaint: string): void {
  if (isSame(one, other)) throw new ComplianceError(complaint);
}

function refused(act: () => void, what: string): void {
  try {
    act();
  } catch (failure) {
    if (failure instanceof DecodeError) return;
    throw failure;
  }
  throw new ComplianceError(`${what}: expected a DecodeError`);
}
