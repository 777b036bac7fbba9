/**
 * How a leader's proposals go out: each to those who are called on for its slot, again to those who have not voted.
 */
import type { Address } from "../address.ts";
import { hasAcceptor } from "../quorum.ts";
import type { Value } from "../value.ts";
import type { Output } from "./delivery.ts";
import type { Message, Slot } from "./messages.ts";
import type { Roster } from "./roster.ts";
import type { Window } from "./window.ts";

/** Makes the Accept for a slot, with the commit point as it is now. */
export type NewAccept = (slot: Slot, value: Value) => Message;

/** A tick has passed: what has waited long enough for votes is sent again. */
export function sendAgain(window: Window, roster: Roster, retryTicks: number, accept: NewAccept, out: Output): void {
  for (const [slot, proposal] of window) {
    proposal.ageTicks += 1;
    if (proposal.ageTicks < retryTicks) continue;
    proposal.ageTicks = 0;
    const message = accept(slot, proposal.value);
    const called = roster.called(proposal.membership);
    for (const [index, to] of proposal.membership.acceptors.entries()) {
      if (!hasAcceptor(proposal.votes, index + 1) && called.includes(to)) out.send.push({ to, message });
    }
  }
}

/** Others are called on than `before`: what is pending goes to them, too. */
export function sendToOthers(
  window: Window,
  roster: Roster,
  before: ReadonlySet<Address>,
  accept: NewAccept,
  out: Output,
): void {
  for (const [slot, { value, membership }] of window) {
    const message = accept(slot, value);
    for (const to of roster.called(membership)) if (!before.has(to)) out.send.push({ to, message });
  }
}
