/**
 * One role, and what it does at each message.
 */
import { addressOf, newOutput, type Address, type RoleMachine } from "../../src/index.ts";
import type { Delivery, Entry, Message } from "../../src/fast/index.ts";

export type Role = RoleMachine<Message, Entry, Delivery>;

export interface Did {
  readonly sent: readonly { readonly to: Address; readonly message: Message }[];
  /** Leaves only when what was persisted is durable. */
  readonly sentDurably: readonly { readonly to: Address; readonly message: Message }[];
  readonly persisted: readonly Entry[];
  readonly delivered: readonly Delivery[];
}

export const proposer = (node: number): Address => addressOf("proposer", node);
export const acceptor = (node: number): Address => addressOf("acceptor", node);
export const learner = (node: number): Address => addressOf("learner", node);
export const client = (node: number): Address => addressOf("client", node);

export function step(role: Role, from: Address, ...messages: readonly Message[]): Did {
  const out = newOutput<Message, Entry, Delivery>();
  for (const message of messages) role.step(from, message, out);
  role.flush(out);
  return { sent: out.send, sentDurably: out.sendAfterPersist, persisted: out.persist, delivered: out.deliver };
}

export function tick(role: Role): Did {
  const out = newOutput<Message, Entry, Delivery>();
  role.tick(out);
  role.flush(out);
  return { sent: out.send, sentDurably: out.sendAfterPersist, persisted: out.persist, delivered: out.deliver };
}

/** The messages of a kind among those that were sent, each to whom it went first. */
export function ofKind<Kind extends Message["kind"]>(
  { sent, sentDurably }: Did,
  kind: Kind,
): readonly (Extract<Message, { readonly kind: Kind }> & { readonly to: Address })[] {
  return [...sent, ...sentDurably].flatMap(({ to, message }) =>
    message.kind === kind ? [{ ...(message as Extract<Message, { readonly kind: Kind }>), to }] : [],
  );
}
