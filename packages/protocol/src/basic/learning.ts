/**
 * The three ways of *Paxos Made Simple* §2.3 in which learners find out that a value was chosen.
 */
import type { Address } from "../address.ts";

export type Learning =
  /** Each acceptor tells each learner: soonest, and acceptors times learners messages. */
  | { readonly way: "every" }
  /** Acceptors tell one learner, which tells the others: fewest messages, one more delay, and it may fail. */
  | { readonly way: "distinguished"; readonly learner: Address }
  /** Acceptors tell some learners, each of which tells the others: between the two. */
  | { readonly way: "set"; readonly learners: readonly Address[] };

/** The learners that an acceptor tells of each proposal it accepts. */
export function toldByAcceptors(learning: Learning, learners: readonly Address[]): readonly Address[] {
  switch (learning.way) {
    case "every":
      return learners;
    case "distinguished":
      return distinguished([learning.learner], learners);
    case "set":
      return distinguished(learning.learners, learners);
  }
}

/** The learners that `learner` tells of the chosen value. */
export function toldByLearner(learning: Learning, learners: readonly Address[], learner: Address): readonly Address[] {
  const first = toldByAcceptors(learning, learners);
  return first.includes(learner) ? learners.filter((other) => !first.includes(other)) : [];
}

function distinguished(chosen: readonly Address[], learners: readonly Address[]): readonly Address[] {
  const stranger = chosen.find((learner) => !learners.includes(learner));
  if (stranger !== undefined) throw new RangeError(`distinguished learner ${stranger} is not one of the learners`);
  if (chosen.length === 0) throw new RangeError("expected at least one distinguished learner");
  return chosen;
}
