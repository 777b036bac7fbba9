/**
 * What a role wants done, as data. The driver owns one output and reuses it: it empties the arrays after each turn.
 *
 * Durability is visible in the type: `send` may leave now, `sendAfterPersist` may leave only when every record that
 * the role ever put in `persist` is on stable storage.
 */
import type { Address } from "./address.ts";

export interface Envelope<Message> {
  readonly to: Address;
  readonly message: Message;
}

export interface Output<Message, Entry, Delivery> {
  /** Leaves now. */
  readonly send: Envelope<Message>[];
  /** Goes to stable storage, in order. */
  readonly persist: Entry[];
  /** Leaves only when all that was persisted, now and before, is durable: promises and accepted votes. */
  readonly sendAfterPersist: Envelope<Message>[];
  /** What has become known, in slot order, each slot once. */
  readonly deliver: Delivery[];
  /**
   * Entries about slots up to this one are not needed any more, once all that was persisted is durable; 0 for none.
   * The driver sets it back.
   */
  trimThrough: number;
}

export function newOutput<Message, Entry, Delivery>(): Output<Message, Entry, Delivery> {
  return { send: [], persist: [], sendAfterPersist: [], deliver: [], trimThrough: 0 };
}

/**
 * A role: a deterministic state machine. Time is a count of ticks; randomness is injected, and so is a clock where ticks
 * do not do, since a thread that is held up misses some.
 *
 * @typeParam Message the messages of its protocol, as a union discriminated by `kind`
 * @typeParam Entry what it puts on stable storage: messages of the same union, so that one codec writes both
 * @typeParam Delivery what it makes known to its host
 */
export interface RoleMachine<Message, Entry extends Message = Message, Delivery = never> {
  /** Takes one message. */
  step(from: Address, message: Message, out: Output<Message, Entry, Delivery>): void;
  /** One tick of time has passed. */
  tick(out: Output<Message, Entry, Delivery>): void;
  /** The inbox is empty: what waited to be batched goes out. Called once a turn. */
  flush(out: Output<Message, Entry, Delivery>): void;
  /** Takes back one entry that survived on stable storage, in the order they were persisted, before the first step. */
  restore(entry: Entry): void;
  /** The entries that stand for all that was persisted and is not in a slot: a new log segment begins with them. */
  checkpoint(): readonly Entry[];
  /** What an observer sees: ballots, slots, counts. */
  status(): RoleStatus;
}

export type RoleStatus = Readonly<Record<string, number | string | boolean>>;

/** A random number in [0, 1), injected so that a run can be repeated. */
export type Random = () => number;

/**
 * The time that has passed on the node's clock, in ticks and parts of them, since any moment. It never goes back, and it
 * goes on while the role is held up.
 */
export type Clock = () => number;
