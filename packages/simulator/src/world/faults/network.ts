/**
 * What may be wrong with the network.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { NetworkFault } from "../network.ts";
import type { Randomness } from "../randomness.ts";
import type { Drawn, Fault, FaultKind } from "./fault.ts";
import { partitions } from "./partitions.ts";

/** A kind that strikes frames by chance: all of them, or those from and to some nodes. */
function chanceKind(
  name: string,
  title: string,
  amount: (randomness: Randomness) => number,
  effect: (amount: number) => Omit<NetworkFault, "name" | "nodes">,
): FaultKind {
  return {
    name,
    group: "network",
    title,
    draw: (randomness, nodes): Drawn => ({
      microseconds: randomness.integer(50, 3000) * ms,
      nodes: randomness.chance(0.6) ? [] : randomness.sample(nodes, randomness.integer(1, nodes.length)),
      amount: amount(randomness),
    }),
    begin: ({ nodes, amount: drawn }: Fault, { network }) => network.begin({ name, nodes, ...effect(drawn) }),
  };
}

const loss = chanceKind(
  "loss",
  "frames are lost, up to 30 % of them",
  (randomness) => randomness.next() * 0.3,
  (amount) => ({ loss: amount }),
);

const duplication = chanceKind(
  "duplication",
  "frames arrive twice, up to 50 % of them, the second time up to a second later",
  (randomness) => randomness.next() * 0.5,
  (amount) => ({ duplication: amount }),
);

const corruption = chanceKind(
  "corruption",
  "frames are damaged on their way, up to 30 % of them",
  (randomness) => randomness.next() * 0.3,
  (amount) => ({ corruption: amount }),
);

const delay = chanceKind(
  "delay",
  "frames are slow, some of them very slow: a long tail, up to 2 seconds",
  (randomness) => randomness.integer(50, randomness.pick([500, 5000, 20_000])),
  (amount) => ({ delayMicroseconds: amount }),
);

const reordering = chanceKind(
  "reordering",
  "frames pass each other, by up to half a second",
  (randomness) => randomness.integer(1, randomness.pick([5, 50, 500])) * ms,
  (amount) => ({ jitterMicroseconds: amount }),
);

/** From the first nodes to the last one; and back when the amount is 1. */
const clog: FaultKind = {
  name: "clog",
  group: "network",
  title: "frames on some paths wait until it is over, and then arrive all at once",
  draw: (randomness, nodes) =>
    nodes.length < 2
      ? undefined
      : {
          microseconds: randomness.integer(50, 2000) * ms,
          nodes: randomness.sample(nodes, randomness.integer(2, nodes.length)),
          amount: randomness.integer(0, 1),
        },
  begin({ name, nodes, amount }, { network }) {
    const end = nodes.at(-1);
    const clogs = (from: number, to: number): boolean =>
      (to === end && nodes.includes(from)) || (amount === 1 && from === end && nodes.includes(to));
    return network.begin({ name, clogs });
  },
};

export const networkFaults: readonly FaultKind[] = [
  loss,
  duplication,
  corruption,
  delay,
  reordering,
  clog,
  ...partitions,
];
