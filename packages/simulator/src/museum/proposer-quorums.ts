/**
 * Exhibits: proposers that miscount. All that Paxos proves rests on two quorums having an acceptor in common.
 */
import {
  addressOf,
  multi,
  nodeOf,
  roleOf,
  sameValue,
  type Address,
  type Ballot,
  type QuorumSystem,
} from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { multiWith, multiWithProposer } from "./multi-exhibits.ts";
import { PatchedRole, rewrite } from "./patched-role.ts";

/** Made by hand, past the check that refuses quorums which do not meet. */
function unchecked(acceptors: number, phase1: number, phase2: number): QuorumSystem {
  return { acceptors, phase1, phase2 };
}

const quorumOffByOne: Exhibit = {
  name: "quorum-off-by-one",
  title: "Half of the nodes is taken for a majority",
  story:
    "Half of the nodes, rounded up, is a majority of an odd number only. async-raft confirmed a read in a cluster of three with the " +
    "leader's own word alone; Apache Geode went on on both sides of a partition of two. Two halves of four nodes " +
    "share nobody, and each chooses a value of its own. Tests with three and five nodes do not see it.",
  source: "async-raft/async-raft pull request 143; GEODE-9822, apache/geode pull request 7126",
  simulation: multiWith({
    configuration: (configuration) => {
      const count = configuration.nodes.length;
      const half = Math.ceil(count / 2);
      return { ...configuration, quorums: unchecked(count, half, half) };
    },
  }),
  options: { nodes: 4, faults: ["partition"] },
};

const quorumsThatMiss: Exhibit = {
  name: "quorums-that-miss",
  title: "Small quorums in both phases: one for quick elections, one for quick writes",
  story:
    "Flexible Paxos lets either phase have small quorums, if the other's are large enough to meet each of them. Taken " +
    "for two knobs, 2 of 5 here and 3 of 5 there, they no longer meet: a leader is elected by acceptors that have not " +
    "seen what was chosen.",
  source: "Howard, Malkhi and Spiegelman, Flexible Paxos 2016, §3",
  simulation: multiWith({
    configuration: (configuration) => ({ ...configuration, quorums: unchecked(configuration.nodes.length, 2, 3) }),
  }),
  options: { nodes: 5, faults: ["partition"] },
};

/** A node that believes in fewer members sends nothing to the others and takes nothing from them. */
const removedMembers: readonly number[] = [1, 5];

const twoConfigurations: Exhibit = {
  name: "two-configurations",
  title: "Nodes go by different configurations, whose quorums do not intersect",
  story:
    "Raft's single-server membership change, as first published, let a new leader start a change while an unfinished one " +
    "of its predecessor was about. From four members, one leader adds a fifth and goes by majorities of three, the other " +
    "removes one and goes by two of three: {1, 3, 5} and {2, 4} have nobody in common. Ongaro announced the bug in 2015; " +
    "the mend is to commit an entry of one's own term first. Here node 2 goes by {2, 3, 4}, the others by all five.",
  source: "D. Ongaro, bug in single-server membership changes, raft-dev, July 2015",
  simulation: multiWith({
    proposer(configuration, node, random, clock) {
      if (node !== 2) return new multi.Proposer(configuration, node, random, { clock });
      const isRemoved = (address: Address): boolean =>
        roleOf(address) === "acceptor" && removedMembers.includes(nodeOf(address));
      const role = new multi.Proposer({ ...configuration, quorums: unchecked(5, 2, 2) }, node, random, { clock });
      return new PatchedRole(role, () => ({
        step(from, message, step) {
          if (!isRemoved(from)) step(from, message);
        },
        output(out) {
          for (const sent of [out.send, out.sendAfterPersist]) {
            rewrite(sent, (each) => (isRemoved(each.to) ? undefined : each));
          }
        },
      }));
    },
  }),
  options: { nodes: 5, faults: ["partition"] },
};

const sameAcceptorTwice: Exhibit = {
  name: "same-acceptor-twice",
  title: "A leader counts votes, not voters: a repeated vote makes a quorum",
  story:
    "`votes += 1` in xraft, akka-raft and liferaft: an answer that comes twice is two votes. Repetitions are ordinary. " +
    "A proposal that is slow to be answered is sent again, and then there are two answers. One acceptor beside the " +
    "leader's own, or that one alone, makes a majority of three, and the value is announced that one disk holds.",
  source: "xnnyygn/xraft issue 27; ktoso/akka-raft issue 45; neo4j/neo4j pull request 1388",
  simulation: multiWithProposer((_status, { nodes }) => {
    const counts = new Map<string, number>();
    return {
      step(from, message, step) {
        if (message.kind !== "Accepted") return step(from, message);
        const proposal = `${message.ballot}/${message.slot}`;
        const count = (counts.get(proposal) ?? 0) + 1;
        counts.set(proposal, count);
        // The real role keeps a set: the first vote is put down to the first acceptor, the second to the second.
        if (count <= nodes.length) step(addressOf("acceptor", count), message);
      },
    };
  }),
  options: { nodes: 3 },
};

const oldVotesCommit: Exhibit = {
  name: "old-votes-commit",
  title: "A new leader takes a value for chosen because a majority holds it, in whatever ballots",
  story:
    "Figure 8 of the Raft paper: an entry of an older term lies on a majority and is lost all the same. LogCabin, the " +
    "first Raft there was, had the bug itself, and canonical/raft, async-raft and PySyncObj after it. In the words of " +
    "Paxos, votes of different ballots do not add up: a value is chosen when a quorum accepts it in one ballot. A new " +
    "leader must propose what it finds in its own ballot before it may call it chosen.",
  source: "Ongaro and Ousterhout 2014, figure 8; logcabin/logcabin issue 44; canonical/raft issue 220",
  simulation: multiWithProposer((_status, { quorums }) => {
    let preparing: Ballot = 0;
    let promises = new Map<Address, multi.Promised>();
    /** All up to here is held by a majority, slot by slot with one value. */
    let heldThrough: multi.Slot = 0;
    return {
      step(from, message, step) {
        if (message.kind === "Promised") {
          if (message.ballot !== preparing)
            [preparing, promises] = [message.ballot, new Map<Address, multi.Promised>()];
          promises.set(from, message);
          heldThrough = majorityHolds([...promises.values()], quorums.phase2);
        }
        step(from, message);
      },
      output(out) {
        rewrite(out.send, ({ to, message }) => {
          const leads = message.kind === "Accept" || message.kind === "Heartbeat";
          if (!leads || message.ballot !== preparing) return { to, message };
          return { to, message: { ...message, commitPoint: Math.max(message.commitPoint, heldThrough) } };
        });
      },
    };
  }),
  options: { nodes: 5, faults: ["loss", "flapping"] },
};

/** The last slot of those that so many acceptors report with one value, whatever the ballots, without a gap. */
function majorityHolds(promises: readonly multi.Promised[], count: number): multi.Slot {
  let through = promises.reduce((most, { chosenThrough }) => Math.max(most, chosenThrough), 0);
  for (;;) {
    const next = through + 1;
    const values = promises.flatMap(({ accepted }) => accepted.filter(({ slot }) => slot === next));
    const isHeld = values.some(({ value }) => values.filter((one) => sameValue(one.value, value)).length >= count);
    if (!isHeld) return through;
    through = next;
  }
}

export const quorumExhibits: readonly Exhibit[] = [
  quorumOffByOne,
  quorumsThatMiss,
  twoConfigurations,
  sameAcceptorTwice,
  oldVotesCommit,
];
