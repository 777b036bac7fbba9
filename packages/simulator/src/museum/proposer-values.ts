/**
 * Exhibits: proposers that propose what P2c forbids (*Paxos Made Simple* §2.2): a proposer is free only where no
 * acceptor of a phase 1 quorum has accepted anything.
 */
import { nodeOf, type multi, type Value } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { multiWithProposer, type NewMultiPatch } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const options = { nodes: 3, faults: ["partition", "loss", "node-crash"] };

/** Changes what a proposer makes of what an acceptor reports. */
function reading(read: (promise: multi.Promised, acceptor: number, node: number) => multi.Promised): NewMultiPatch {
  return (_status, _configuration, node) => ({
    step(from, message, step) {
      step(from, message.kind === "Promised" ? read(message, nodeOf(from), node) : message);
    },
  });
}

/** Above all ballots of a run, so that a mirrored one is a ballot still. */
const mirror = 2 ** 50;

const lowestValue: Exhibit = {
  name: "lowest-value",
  title: "A proposer takes the value of the lowest-numbered proposal that is reported to it",
  story:
    "P2c asks for the value of the highest-numbered proposal that the quorum reports, for only that one can have been " +
    "chosen; the older ones are leftovers of leaders that failed. Here the comparison is turned around. As long as " +
    "all acceptors report the same value nobody notices: it takes two failed leaders and a third one to tell.",
  source: "Paxos Made Simple §2.2, P2c",
  simulation: multiWithProposer(
    reading((promise) => ({
      ...promise,
      accepted: promise.accepted.map((proposal) => ({ ...proposal, ballot: mirror - proposal.ballot })),
    })),
  ),
  options: { nodes: 5, faults: ["flapping"] },
};

const valueOfAnotherSlot: Exhibit = {
  name: "value-of-another-slot",
  title: "A proposer takes the place of a proposal in the answer for its slot",
  story:
    "An acceptor reports what it has accepted from a slot on, and it may have gaps. Whoever fills slot after slot with " +
    "the answer's items one by one is right until the first gap, and then proposes in each slot the value of a later " +
    "one. In the rafter library an entry that replaced another was kept under an index one too high, likewise: the " +
    "place in a list and the number of an instance are two things.",
  source: "andrewjstone/rafter pull request 34; Paxos Made Simple §3",
  simulation: multiWithProposer(
    reading((promise) => ({
      ...promise,
      accepted: promise.accepted.map((proposal, index) => ({ ...proposal, slot: promise.from + index })),
    })),
  ),
  options,
};

const ownLogTrusted: Exhibit = {
  name: "own-log-trusted",
  title: "A new leader goes by what its own acceptor holds, and only counts the other answers",
  story:
    "In Raft and ZooKeeper a leader's own log is the truth, and so only who has the most complete log may lead. ZooKeeper " +
    "3.9.3 lost data when a leader with a hole in its committed log passed the hole on. In Paxos anyone may lead, " +
    "because phase 1 brings what others have accepted. To borrow the first rule without its election is to lose what " +
    "the leader happened to miss.",
  source: "ZOOKEEPER-4925; Ongaro and Ousterhout 2014, §5.4.1: election restriction",
  simulation: multiWithProposer(
    reading((promise, acceptor, node) => (acceptor === node ? promise : { ...promise, accepted: [] })),
  ),
  options,
};

const gapFilledBlindly: Exhibit = {
  name: "gap-filled-blindly",
  title: "A new leader fills the slots below the last one with no-ops, without looking",
  story:
    "A new leader closes gaps with no-ops so that later commands can run (§3: commands 135 to 137). A gap is a slot for " +
    "which a whole phase 1 quorum reports nothing. Here all below the highest reported slot counts as gap: what " +
    "clients were told was done is replaced by nothing.",
  source: "Paxos Made Simple §3: the gap of commands 135 to 137",
  simulation: multiWithProposer(reading((promise) => ({ ...promise, accepted: promise.accepted.slice(-1) }))),
  options,
};

const reportsForgotten: Exhibit = {
  name: "reports-forgotten",
  title: "A proposer that prepares again proposes its own values, not those that it was told",
  story:
    "A proposer that is refused tries a higher ballot. It is tempting to take up the second attempt where the first one " +
    "stopped, with the values that it wanted, since it `has done phase 1 before`. But the answers to the new Prepare are " +
    "what binds it: the leader in between may have had values chosen that the first attempt could not have seen.",
  source: "Paxos Made Simple §2.2, phase 2(a), and §2.5",
  simulation: multiWithProposer(() => {
    let first = 0;
    return {
      step(from, message, step) {
        if (message.kind !== "Promised") return step(from, message);
        if (first === 0) first = message.ballot;
        step(from, message.ballot === first ? message : { ...message, accepted: [] });
      },
    };
  }),
  options,
};

const secondValueInABallot: Exhibit = {
  name: "second-value-in-a-ballot",
  title: "An equal ballot taken wrongly: a leader that sends a proposal again puts its newest value into it",
  story:
    "A ballot has one value per slot: the proof speaks of `the` value of a proposal. A leader that gets no answer must " +
    "send the same proposal again. One that builds the message anew, from what it wants by now, lets acceptors vote " +
    "for two values in one ballot, and votes that agree in their number are counted together.",
  source: "Paxos Made Simple §2.2: different proposals have different numbers",
  simulation: multiWithProposer(() => {
    let newest: Value | undefined;
    let highest = 0;
    return {
      output(out) {
        rewrite(out.send, ({ to, message }) => {
          if (message.kind !== "Accept") return { to, message };
          if (message.slot >= highest) [newest, highest] = [message.value, message.slot];
          return { to, message: { ...message, value: newest ?? message.value } };
        });
      },
    };
  }),
  options,
};

export const valueExhibits: readonly Exhibit[] = [
  lowestValue,
  valueOfAnotherSlot,
  ownLogTrusted,
  gapFilledBlindly,
  reportsForgotten,
  secondValueInABallot,
];
