/**
 * The scenarios of Fast Paxos.
 */
import type { RoleStatus } from "@synod/protocol";
import type { Scenario } from "../trace.ts";
import { acceptor, client, learner } from "./addresses.ts";
import { FastPlay, fastScenario, split, traceOf } from "./fast-cast.ts";
import { collapsed } from "./learned.ts";

/** Long enough for a request to be answered and every acceptor to know. */
const oneRequest = 5;

const isFast = ({ fast }: RoleStatus): boolean => fast === true;
const isClassic = (status: RoleStatus): boolean => !isFast(status);

export const fastScenarios: readonly Scenario[] = [
  {
    protocol: "fast",
    name: "any",
    title:
      "The first leader prepares once for all slots, and says Any: from then on acceptors take requests themselves",
    run() {
      const play = new FastPlay();
      play.stage.run(8);
      return traceOf("any", play, "Nothing is constrained: Any is for all slots from 1 on.");
    },
  },
  fastScenario(
    "no-failure",
    "One client, no failure: two message delays from the client to the learners",
    () => ({}),
    (play) => {
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "Request and Accepted: two delays until every learner knows; the third is the answer. The leader has no part.";
    },
  ),
  fastScenario(
    "acceptor-fails",
    "One acceptor of four fails: three are a fast quorum",
    () => ({}),
    (play) => {
      play.stage.crash(acceptor(4));
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "A is chosen with three votes, as fast as before.";
    },
  ),
  fastScenario(
    "collision-coordinated",
    "Two clients, the acceptors split: the leader takes their votes for phase 1b of the next ballot, and proposes in it",
    () => ({ clients: 2 }),
    (play) => {
      play.stage.slow(split(1, 2));
      play.request(1, "A");
      play.request(2, "B");
      play.stage.run(8);
      return "Two votes each: nothing can be chosen in either slot, and the leader may pick. No phase 1 is run.";
    },
  ),
  fastScenario(
    "collision-uncoordinated",
    "The same collision, and each acceptor computes the next value by itself",
    () => ({ clients: 2, recovery: "uncoordinated" }),
    (play) => {
      play.stage.slow(split(1, 2));
      play.request(1, "A");
      play.request(2, "B");
      play.stage.run(9);
      return (
        "The acceptors see each other's votes, pick the same value, and vote for it in the next ballot, which is fast: one " +
        "delay less than by way of the leader. B, which lost both slots, gets a third from the leader."
      );
    },
  ),
  fastScenario(
    "outvoted",
    "Two requests cross on their way to one acceptor: the other three are a quorum, and nothing need be recovered",
    () => ({ clients: 2 }),
    (play) => {
      play.stage.slow(split(1, 2, 3));
      play.request(1, "A");
      play.request(2, "B");
      play.stage.run(6);
      return "Three votes of four choose A, and then B; acceptor 4, which had them the other way round, is told.";
    },
  ),
  fastScenario(
    "leader-fails",
    "The leader's node fails with a vote that nobody saw: the new leader picks what may have been chosen",
    () => ({ clients: 2 }),
    (play) => {
      const { stage } = play;
      stage.slow((from, to, message) => (to === acceptor(4) ? split(1, 2, 3)(from, to, message) : 1));
      stage.lose(({ message, to, from }) => {
        if (message.kind === "Accepted") return true;
        return message.kind === "Request" && from === client(2) && to !== acceptor(4);
      });
      play.request(1, "A");
      play.request(2, "B");
      stage.at(3, () => play.crashNodes(1));
      stage.run(4);
      stage.lose(() => false);
      stage.slow(() => 1);
      play.awaitLeader([2, 3, 4]);
      stage.run(stage.now + oneRequest);
      return (
        "Acceptors 2 and 3 report A, acceptor 4 reports B. With the vote of the one that is silent A has three: it may have " +
        "been chosen, and was. B cannot have been, whatever that one says."
      );
    },
  ),
  fastScenario(
    "lost-request",
    "A request comes to two acceptors only: the client tries again, and the leader, asked as well, hands it on",
    () => ({}),
    (play) => {
      const { stage } = play;
      stage.lose(({ message, to }) => message.kind === "Request" && (to === acceptor(3) || to === acceptor(4)));
      const ticket = play.request(1, "A");
      stage.at(3, () => {
        stage.lose(({ message, to, from }) => message.kind === "Request" && from === client(1) && to === acceptor(4));
        play.sendLate(ticket);
      });
      stage.run(9);
      return "The acceptors that have voted tell their votes again, the others vote in the same slot.";
    },
  ),
  fastScenario(
    "too-few-acceptors",
    "Two of five nodes fail: four are needed to be fast, three for classic ballots, to which the leader falls back",
    () => ({ nodes: 5 }),
    (play) => {
      const { stage } = play;
      play.crashNodes(4, 5);
      const ticket = play.request(1, "A");
      play.awaitLeader([1], isClassic);
      stage.run(stage.now + oneRequest);
      play.request(1, "B");
      stage.run(stage.now + 7);
      play.send(ticket);
      stage.run(stage.now + 3);
      return "Phase 1 of the classic term finds A and finishes it. B goes from the acceptors to the leader, which orders it.";
    },
  ),
  fastScenario(
    "frequent-collisions",
    "Acceptors collide again and again: the leader falls back to classic ballots, and later tries fast ones again",
    () => ({ clients: 2, fallBack: { windowSlots: 8, mostCollisions: 1, classicTicks: 12 } }),
    (play) => {
      const { stage } = play;
      stage.slow(split(1, 2));
      play.request(1, "A");
      play.request(2, "B");
      play.awaitLeader([1], isClassic);
      play.request(1, "C");
      play.request(2, "D");
      stage.run(stage.now + 8);
      play.awaitLeader([1], isFast);
      stage.run(stage.now + 2);
      stage.slow(() => 1);
      play.request(1, "E");
      stage.run(stage.now + oneRequest);
      return "C and D come in the classic term, where requests cannot collide: they share a slot. E is fast again.";
    },
  ),
  fastScenario(
    "collapsed-roles",
    "The roles of a node share a thread, the default deployment: the same messages, fewer delays",
    () => ({}),
    (play) => {
      play.stage.slow(collapsed);
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "Between the roles of a node no time passes.";
    },
  ),
  fastScenario(
    "catch-up",
    "A learner that was down gets what it lacks from the acceptors' logs",
    () => ({}),
    (play) => {
      const { stage } = play;
      stage.crash(learner(4));
      play.request(1, "A");
      stage.run(6);
      stage.restart(learner(4));
      stage.run(36);
      return "Its own acceptor knows only what its learner tells it; another one knows A.";
    },
  ),
];
