/**
 * Exhibits: leaders and acceptors of Fast Paxos that put a value where another may have been chosen.
 */
import { addressOf, fast, sameValue, type Ballot, type Value } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { fastWithAcceptor, fastWithProposer } from "./fast-exhibits.ts";
import { SeenVotes } from "./fast-quorums.ts";
import { rewrite } from "./patched-role.ts";

const classicRule: Exhibit = {
  name: "classic-rule-for-fast-votes",
  title: "A new leader proposes the value of the highest ballot reported, whichever of them it meets first",
  story:
    "The rule of Paxos: propose the value of the highest-numbered proposal that the quorum reports. It says `the value`. " +
    "Of a fast ballot a quorum may report two, and only one of them can have been chosen: that for which all of some fast " +
    "quorum that has answered has voted. Taking the one that was reported first, one vote that lost replaces three that had won.",
  source: "Lamport, Fast Paxos 2006, §3: the rule for picking a value, condition O4",
  simulation: fastWithProposer(() => {
    let preparing: Ballot = 0;
    let reported = new Map<fast.Slot, fast.SlotProposal>();
    return {
      step(from, message, step) {
        if (message.kind === "Promised") {
          if (message.ballot !== preparing)
            [preparing, reported] = [message.ballot, new Map<fast.Slot, fast.SlotProposal>()];
          for (const proposal of message.accepted) {
            const before = reported.get(proposal.slot);
            if (before === undefined || proposal.ballot > before.ballot) reported.set(proposal.slot, proposal);
          }
        }
        step(from, message);
      },
      output(out) {
        rewrite(out.send, ({ to, message }) => {
          if (message.kind !== "Accept" || message.ballot !== preparing) return { to, message };
          const value = reported.get(message.slot)?.value ?? message.value;
          return { to, message: { ...message, value } };
        });
      },
    };
  }),
};

const recoveryTooEarly: Exhibit = {
  name: "recovery-too-early",
  title: "The leader recovers from a collision as soon as it sees two values, with the votes that it has",
  story:
    "Two values in one slot look like a collision, and the sooner the next ballot begins the better. But three acceptors " +
    "of four may yet have voted for one of them: their votes are only later than the fourth's. There is a collision when no " +
    "value can get a quorum whatever the missing votes are, and the votes are a phase 1b only when they are a quorum's. A " +
    "leader that goes by the first two proposes the one of which nothing is known.",
  source: "Lamport, Fast Paxos 2006, §3: collision recovery; the value must be picked by the rule of phase 2a",
  simulation: fastWithProposer((_status, { nodes }) => {
    const votes = new SeenVotes();
    return {
      step(from, message, step, out) {
        if (message.kind === "Accepted" && fast.isFast(message.ballot) && !fast.isFast(message.ballot + 1)) {
          const { ballot, slot, value, chosenThrough } = message;
          const other = votes.add(ballot, slot, value);
          for (const node of other === undefined ? [] : nodes) {
            const accept: fast.Accept = { kind: "Accept", ballot: ballot + 1, slot, commitPoint: chosenThrough, value };
            out.send.push({ to: addressOf("acceptor", node), message: accept });
          }
        }
        step(from, message);
      },
    };
  }),
};

const anyTooEarly: Exhibit = {
  name: "any-too-early",
  title:
    "A new leader says Any for all slots that it does not know to be chosen, before it has finished those in doubt",
  story:
    "Phase 1 reports votes for some slots above the last that is known to be chosen. The leader must finish each of them with " +
    "the value that may have been chosen, and open only what lies behind. Said for all of them at once, Any lets acceptors " +
    "that have not heard of a chosen value vote for whatever a client asks in its very slot.",
  source: "Lamport, Fast Paxos 2006, §3: Any may be sent only when every value is safe in the round",
  simulation: fastWithProposer(() => {
    let chosenThrough = 0;
    return {
      step(from, message, step) {
        if (message.kind === "Promised") chosenThrough = message.chosenThrough;
        step(from, message);
      },
      output(out) {
        rewrite(out.send, ({ to, message }) =>
          message.kind === "Any"
            ? { to, message: { ...message, from: Math.min(message.from, chosenThrough + 1) } }
            : { to, message },
        );
      },
    };
  }),
};

const votesTwice: Exhibit = {
  name: "second-vote-in-a-fast-ballot",
  title:
    "An acceptor that has voted for a client's request votes again when the leader's proposal comes in the same ballot",
  story:
    "In a classic ballot an Accept that comes again has the same value, so that voting again is harmless. In a fast ballot " +
    "the acceptor may have voted for a request, and what the leader sends is what others voted for. Obeying it `because the " +
    "leader knows best` counts one acceptor for two values of one ballot, and both can get a quorum.",
  source: "Lamport, Fast Paxos 2006, §2 and §3: an acceptor votes for at most one value in a round",
  simulation: fastWithAcceptor((_status, { nodes }) => {
    const voted = new Map<string, Value>();
    return {
      step(from, message, step, out) {
        const before = message.kind === "Accept" ? voted.get(`${message.ballot}/${message.slot}`) : undefined;
        if (message.kind === "Accept" && before !== undefined && !sameValue(before, message.value)) {
          const { ballot, slot, value } = message;
          const vote: fast.Accepted = { kind: "Accepted", ballot, slot, chosenThrough: 0, value };
          out.persist.push(vote);
          out.sendAfterPersist.push({ to: from, message: vote });
          for (const node of nodes) out.sendAfterPersist.push({ to: addressOf("learner", node), message: vote });
        }
        step(from, message);
      },
      output(out) {
        for (const entry of out.persist) {
          if (entry.kind === "Accepted") voted.set(`${entry.ballot}/${entry.slot}`, entry.value);
        }
      },
    };
  }),
};

const ownVoteTaken: Exhibit = {
  name: "own-vote-taken-for-chosen",
  title: "An acceptor takes its own vote for the chosen value when the leader says that the slot is chosen",
  story:
    "Multi-Paxos lets an acceptor conclude so: the leader has committed the slot, this acceptor has accepted its proposal in that " +
    "very ballot, and a ballot has one value. A fast ballot has not. The acceptor that was outvoted holds the request that " +
    "lost, and hands it to a learner that catches up from its log.",
  source: "Lamport, Fast Paxos 2006, §3, against Paxos Made Simple §3, where the leader's value is the only one",
  simulation: fastWithAcceptor((status, _configuration, node) => ({
    step(from, message, step) {
      if (message.kind === "Heartbeat") {
        const known = Number(status()["chosenThrough"]);
        const values = Array.from({ length: Math.max(0, message.commitPoint - known) }, () => ({
          isHeld: true,
          value: new Uint8Array(0),
        }));
        if (values.length > 0) step(addressOf("learner", node), { kind: "Learned", from: known + 1, values });
      }
      step(from, message);
    },
  })),
};

export const fastValueExhibits: readonly Exhibit[] = [
  classicRule,
  recoveryTooEarly,
  anyTooEarly,
  votesTwice,
  ownVoteTaken,
];
