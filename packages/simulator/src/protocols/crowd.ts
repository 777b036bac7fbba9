/**
 * How many clients a run of a replicated state machine has, and how busy they are.
 */
import type { Randomness } from "../world/randomness.ts";

/** In some runs many clients ask for much, so that several slots are in flight when a leader goes. */
export function drawCrowd(randomness: Randomness): { readonly people: number; readonly thinkMicroseconds: number } {
  return randomness.chance(0.2)
    ? { people: randomness.integer(4, 8), thinkMicroseconds: 3000 }
    : { people: randomness.integer(2, 5), thinkMicroseconds: 40_000 };
}
