/**
 * A known mistake: a learner that goes by a majority, as it would in Paxos. What is chosen here all must have voted for.
 */
import type { Exhibit } from "../../src/museum/exhibit.ts";
import { simulationOf } from "../../src/simulate.ts";
import { Learner } from "./learner.ts";
import { newUnanimousProtocol } from "./simulated.ts";

export const majorityIsEnough: Exhibit = {
  name: "majority-is-enough",
  title: "A learner believes a majority where all are needed",
  story:
    "In Paxos a majority is enough because a new ballot asks another majority what may have been chosen. This protocol has no " +
    "ballots and asks nobody: what a majority has voted for is not chosen as long as one acceptor has not.",
  source: "The rule that this protocol rests on",
  simulation: simulationOf(
    newUnanimousProtocol({
      learner: ({ acceptors, retryTicks }) => new Learner({ acceptors: Math.floor(acceptors / 2) + 1, retryTicks }),
    }),
  ),
};
