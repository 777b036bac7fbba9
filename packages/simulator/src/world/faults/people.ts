/**
 * What clients may do that makes it harder: each kind is one of their manners, and bears its name.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { Manners } from "../protocol.ts";
import type { FaultKind } from "./fault.ts";

/** How likely it is beside the rest of what clients do is the amount, up to `most`. */
function mannerKind(name: keyof Manners, title: string, most: number): FaultKind {
  return {
    name,
    group: "people",
    title,
    draw: (randomness) => ({
      microseconds: randomness.integer(200, 4000) * ms,
      nodes: [],
      amount: (randomness.integer(1, 10) * most) / 10,
    }),
    begin({ amount }, { manners }) {
      manners[name] += amount;
      return () => {
        manners[name] = Math.max(0, manners[name] - amount);
      };
    },
  };
}

export const peopleFaults: readonly FaultKind[] = [
  mannerKind("impatience", "clients give up after 10 to 400 milliseconds, and ask for something else", 0.6),
  mannerKind("fickleness", "clients cancel what they asked for", 0.5),
  mannerKind("repetition", "what clients send arrives again, up to a second later, at any node", 0.5),
  mannerKind("departure", "clients go away in the middle and come back with a new session", 0.2),
  mannerKind("crowding", "clients ask for several things at once, in one session", 0.5),
];
