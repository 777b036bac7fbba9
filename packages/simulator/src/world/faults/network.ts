/**
 * What may be wrong with the network.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { FaultKind } from "./fault.ts";

const loss: FaultKind = {
  name: "loss",
  group: "network",
  title: "frames are lost, up to 30 % of them",
  draw: (randomness) => ({
    microseconds: randomness.integer(50, 2000) * ms,
    nodes: [],
    amount: randomness.next() * 0.3,
  }),
  begin: ({ name, amount }, { network }) => network.begin({ name, loss: amount }),
};

const partition: FaultKind = {
  name: "partition",
  group: "network",
  title: "some nodes cannot reach the others, nor be reached by them",
  weight: 2,
  draw: (randomness, nodes) =>
    nodes.length < 2
      ? undefined
      : {
          microseconds: randomness.integer(50, 3000) * ms,
          nodes: randomness.sample(nodes, randomness.integer(1, nodes.length - 1)),
          amount: 0,
        },
  begin: ({ name, nodes }, { network }) =>
    network.begin({ name, cuts: (from, to) => nodes.includes(from) !== nodes.includes(to) }),
};

export const networkFaults: readonly FaultKind[] = [loss, partition];
