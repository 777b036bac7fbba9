/**
 * A role alone on a stage: takes messages, and shows what it did in one turn as plain data.
 */
import {
  addressOf,
  newOutput,
  type Address,
  type Envelope,
  type RoleMachine,
  type Value,
  unchanged,
} from "../../src/index.ts";
import type { Delivery, Entry, Message, Output } from "../../src/multi/index.ts";

/** What a role did in one turn, in the order it did it. */
export interface Did {
  readonly send: readonly Envelope<Message>[];
  readonly persist: readonly Entry[];
  readonly sendAfterPersist: readonly Envelope<Message>[];
  readonly deliver: readonly Delivery[];
  readonly trimThrough: number;
}

export const nothing: Did = { send: [], persist: [], sendAfterPersist: [], deliver: [], trimThrough: 0 };

/** Lets a role act, and takes what it put in the output. */
export function turn(act: (out: Output) => void): Did {
  const out: Output = newOutput();
  act(out);
  return { ...out };
}

type AnyRole = RoleMachine<Message, Entry, Delivery>;

export function step(role: AnyRole, from: Address, message: Message): Did {
  return turn((out) => role.step(from, message, out));
}

export function tick(role: AnyRole): Did {
  return turn((out) => role.tick(out));
}

export function flush(role: AnyRole): Did {
  return turn((out) => role.flush(out));
}

/** Everything that a turn sent, now or after the sync. */
export function sent({ send, sendAfterPersist }: Did): readonly Envelope<Message>[] {
  return [...send, ...sendAfterPersist];
}

/** The messages of one kind among those sent. */
export function sentKind<Kind extends Message["kind"]>(did: Did, kind: Kind): Extract<Message, { kind: Kind }>[] {
  return sent(did).flatMap(({ message }) => (isKind(message, kind) ? [message] : []));
}

function isKind<Kind extends Message["kind"]>(
  message: Message,
  kind: Kind,
): message is Extract<Message, { kind: Kind }> {
  return message.kind === kind;
}

export const proposer = (node: number): Address => addressOf("proposer", node);
export const acceptor = (node: number): Address => addressOf("acceptor", node);
export const learner = (node: number): Address => addressOf("learner", node);
export const client = (node: number): Address => addressOf("client", node);

/** A value that is easy to tell from others. */
export function value(text: string): Value {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The text that `value` made into a value; `-` for a no-op. */
export function text(bytes: Value): string {
  return bytes.length === 0 ? "-" : String.fromCharCode(...bytes);
}

export function prepare(ballot: number, from: number): Message {
  return { kind: "Prepare", ballot, from };
}

export function accept(ballot: number, slot: number, what: string, commitPoint = 0): Message {
  return { kind: "Accept", ballot, slot, commitPoint, value: value(what) };
}

export function heartbeat(ballot: number, commitPoint: number, round = 1): Message {
  return { kind: "Heartbeat", ballot, commitPoint, round, memberships: unchanged };
}

export function chosen(from: number, values: readonly string[], trimmedThrough = 0): Message {
  return { kind: "Chosen", from, values: values.map((each) => ({ value: value(each) })), trimmedThrough };
}

export function promised(
  ballot: number,
  from: number,
  accepted: readonly (readonly [slot: number, ballot: number, value: string])[] = [],
  chosenThrough = 0,
  next = 0,
): Message {
  const proposals = accepted.map(([slot, of, what]) => ({ slot, ballot: of, value: value(what) }));
  return { kind: "Promised", ballot, from, chosenThrough, accepted: proposals, next, memberships: unchanged };
}
