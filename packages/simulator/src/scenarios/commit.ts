/**
 * The scenarios of Paxos Commit, and the same ones of two-phase and three-phase commit, to compare.
 */
import { roleOf } from "@synod/protocol";
import { acceptor } from "./addresses.ts";
import { commitScenario, coordinator, leader, participant, type CommitPlay } from "./commit-cast.ts";
import type { Scenario } from "../trace.ts";

/** Nothing goes wrong; client 2 then reads what was written. */
function steady(play: CommitPlay): void {
  play.prepared().commit();
  play.readAt(10);
}

export const twoPhaseScenarios: readonly Scenario[] = [
  commitScenario(
    "two-phase",
    "no-failure",
    "Two participants vote for a transaction, and nothing goes wrong",
    (play) => {
      steady(play);
      return "Four delays from the client's Commit to its answer: to the coordinator, the votes' round trip, and back.";
    },
  ),
  commitScenario("two-phase", "coordinator-dies", "The coordinator dies when both participants have voted", (play) => {
    const { stage } = play.prepared();
    play.commit();
    stage.at(2, () => stage.crash(coordinator(1)));
    play.readAt(60);
    return "Both have voted, and nobody can say what the coordinator decided: both hold their locks, and reads find them busy.";
  }),
  commitScenario(
    "two-phase",
    "coordinator-returns",
    "The coordinator dies when both have voted, and comes back",
    (play) => {
      const { stage } = play.prepared();
      play.commit();
      stage.at(2, () => stage.crash(coordinator(1)));
      stage.at(30, () => stage.restart(coordinator(1)));
      play.readAt(60);
      return "It has no record of the transaction: it aborts it, and tells whoever asks.";
    },
  ),
  commitScenario("two-phase", "participant-dies", "A participant dies before it votes", (play) => {
    const { stage } = play.prepared();
    stage.crash(participant(2));
    play.commit();
    stage.at(20, () => stage.restart(participant(2)));
    play.readAt(40);
    return "The coordinator waits for its vote in vain, and aborts. The participant has lost what it had not voted for.";
  }),
  commitScenario("two-phase", "partition", "The coordinator's node is cut off when both have voted", (play) => {
    const { stage } = play.prepared();
    play.commit();
    stage.at(3, () => stage.cut(1, 2));
    stage.at(50, () => stage.heal());
    play.readAt(70);
    return "Participant 2 is in doubt as long as the cut lasts, and asks until it is mended.";
  }),
];

export const threePhaseScenarios: readonly Scenario[] = [
  commitScenario(
    "three-phase",
    "no-failure",
    "Two participants vote for a transaction, and nothing goes wrong",
    (play) => {
      steady(play);
      return "Six delays from the client's Commit to its answer: one round trip more than two-phase commit.";
    },
  ),
  commitScenario(
    "three-phase",
    "coordinator-dies",
    "The coordinator dies when both participants have voted",
    (play) => {
      const { stage } = play.prepared();
      play.commit();
      stage.at(2, () => stage.crash(coordinator(1)));
      play.readAt(60);
      return "Neither was told that both have voted, so nobody can have committed: the participants abort by themselves.";
    },
  ),
  commitScenario(
    "three-phase",
    "coordinator-dies-later",
    "The coordinator dies when it has told one of them that both voted",
    (play) => {
      const { stage } = play.prepared();
      play.commit();
      stage.lose(({ message, to }) => message.kind === "PreCommit" && to === participant(1));
      stage.at(4, () => {
        stage.crash(coordinator(1));
        stage.lose(() => false);
      });
      play.readAt(70);
      return "One of them knows that both have voted: it lets the other know, and they commit.";
    },
  ),
  commitScenario(
    "three-phase",
    "partition",
    "The coordinator's node is cut off when it tells them that both have voted",
    (play) => {
      const { stage } = play.prepared();
      play.commit();
      stage.at(3, () => stage.cut(1, 2));
      play.readAt(120);
      return "Each side takes the other for crashed: node 1 commits, and tells the client so; node 2 aborts.";
    },
  ),
];

export const paxosCommitScenarios: readonly Scenario[] = [
  commitScenario("commit", "no-failure", "Two participants vote for a transaction, and nothing goes wrong", (play) => {
    steady(play);
    return "Five delays from the client's Commit to its answer: one more than two-phase commit, for the acceptors.";
  }),
  commitScenario("commit", "transaction", "A transaction from its beginning to its end", (play) => {
    const { stage } = play;
    play.begin();
    stage.at(2, () => play.put());
    stage.at(4, () => play.commit());
    play.readAt(11);
    return "A number, a write to each participant, and the commit.";
  }),
  commitScenario("commit", "leader-dies", "The leader dies when both participants have voted", (play) => {
    const { stage } = play.prepared();
    play.commit();
    stage.at(2, () => stage.crash(leader(1)));
    play.readAt(90);
    return "The votes are with the acceptors: a participant in doubt asks another leader, which finds them, and commits.";
  }),
  commitScenario("commit", "participant-dies", "A participant dies before it votes", (play) => {
    const { stage } = play.prepared();
    stage.crash(participant(2));
    play.commit();
    stage.at(22, () => stage.restart(participant(2)));
    play.readAt(40);
    return 'No acceptor has heard of its vote: the leader has its instance choose "aborted" in a ballot of its own.';
  }),
  commitScenario("commit", "acceptor-dies", "One acceptor of three is dead", (play) => {
    play.stage.crash(acceptor(3));
    steady(play);
    return "Two of three acceptors are a quorum: nobody waits for the third.";
  }),
  commitScenario("commit", "partition", "The leader's node is cut off when both have voted", (play) => {
    const { stage } = play.prepared();
    play.commit();
    stage.at(3, () => {
      stage.cut(1, 2);
      stage.cut(1, 3);
    });
    stage.at(100, () => stage.heal());
    play.readAt(150);
    return "The side with two acceptors commits: another leader finds the votes there. The other side waits, and then commits.";
  }),
  commitScenario("commit", "two-leaders", "Two leaders want to finish the same transaction", (play) => {
    const { stage } = play.prepared();
    stage.lose(({ to, message }) => message.kind === "Accepted" && roleOf(to) === "proposer");
    play.commit(1);
    play.commit(2);
    stage.at(12, () => stage.lose(() => false));
    play.readAt(60);
    return "Their ballots meet, and whichever comes later finds the votes that were accepted: they cannot decide differently.";
  }),
];
