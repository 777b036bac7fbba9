/**
 * What liars do, where a protocol bears some: each kind is a way to lie, from some moment on and for good.
 */
import type { Lies } from "../lies.ts";
import { over, type FaultKind } from "./fault.ts";

/** By the names under which they are asked for. */
export const lieNames = {
  equivocation: "equivocation",
  forgery: "forgery",
  replay: "lie-replay",
  corruption: "lie-corruption",
  silence: "silence",
  impersonation: "impersonation",
} as const satisfies Readonly<Record<keyof Lies, string>>;

/** How often it lies so, in hundredths, is the amount. */
function lieKind(lie: keyof Lies, title: string, amounts: readonly number[]): FaultKind {
  return {
    name: lieNames[lie],
    group: "liars",
    title,
    needsLiars: true,
    weight: 3,
    draw: (randomness) => ({ microseconds: 0, nodes: [], amount: randomness.pick(amounts) }),
    begin({ amount }, { lies }) {
      lies[lie] = Math.max(lies[lie], amount / 100);
      return over;
    },
  };
}

const often = [5, 20, 60];

export const lieFaults: readonly FaultKind[] = [
  lieKind(
    "equivocation",
    "liars tell some nodes one thing and others another, and agree with everybody",
    [20, 60, 100],
  ),
  lieKind(
    "forgery",
    "liars show proofs that others have not signed, and ask for what no client asked for",
    [20, 60, 100],
  ),
  lieKind("replay", "liars say again what they said before, also to others", often),
  lieKind("corruption", "liars change a field of what they say, also of their answers to clients", often),
  lieKind("silence", "liars say nothing, to some or to all", [10, 50, 100]),
  lieKind("impersonation", "liars say what they say in the name of another node as well", often),
];
