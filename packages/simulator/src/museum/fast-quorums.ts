/**
 * Exhibits: Fast Paxos counted as if its ballots were classic ones.
 */
import { sameValue, type Ballot, type Value } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { fastWith, fastWithLearner } from "./fast-exhibits.ts";

const fastQuorumTooSmall: Exhibit = {
  name: "fast-quorum-too-small",
  title: "A majority is taken for a quorum of a fast ballot, as it is one of a classic ballot",
  story:
    "In a classic ballot there is one value, and two majorities that share one acceptor are enough. In a fast ballot three " +
    "of five may have voted for one value and two for another; a leader that hears from one of the three and both of " +
    "the others cannot tell which may have been chosen. Any two fast quorums must share an acceptor with every phase 1 " +
    "quorum: four of five, not three. It is the first thing that is forgotten when Any is added to a Multi-Paxos that runs.",
  source: "Lamport, Fast Paxos 2006, §3: the requirement on the quorums of fast rounds",
  simulation: fastWith({
    configuration: (configuration) => {
      const { quorums } = configuration;
      return { ...configuration, quorums: { ...quorums, fast: Math.floor(quorums.acceptors / 2) + 1 } };
    },
  }),
  options: { nodes: 5 },
};

const valuesCountedTogether: Exhibit = {
  name: "values-counted-together",
  title: "A learner counts the votes of a fast ballot, and takes the value that came first",
  story:
    "Where a ballot has one value, a vote need not carry it, and learners count who has voted. A fast ballot has as many " +
    "values as clients met in the slot. A learner that still counts voters has its quorum with two votes for one " +
    "command and one for another, and delivers the one that it heard of first; the learner beside it heard of the other first.",
  source: "Lamport, Fast Paxos 2006, §3: a value is chosen when a quorum has voted for that value",
  simulation: fastWithLearner(() => {
    const first = new Map<string, Value>();
    return {
      step(from, message, step) {
        if (message.kind !== "Accepted") return step(from, message);
        const place = `${message.ballot}/${message.slot}`;
        const value = first.get(place) ?? message.value;
        first.set(place, value);
        step(from, { ...message, value });
      },
    };
  }),
};

/** The values that were voted for in a slot and ballot. */
export class SeenVotes {
  readonly #values = new Map<string, Value[]>();

  /** Adds one; returns the first one that is another, if there is one. */
  add(ballot: Ballot, slot: number, value: Value): Value | undefined {
    const place = `${ballot}/${slot}`;
    const values = this.#values.get(place) ?? [];
    this.#values.set(place, [...values, value]);
    return values.find((other) => !sameValue(other, value));
  }
}

export const fastQuorumExhibits: readonly Exhibit[] = [fastQuorumTooSmall, valuesCountedTogether];
