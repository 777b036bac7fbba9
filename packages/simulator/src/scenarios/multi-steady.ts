/**
 * Scenarios of Multi-Paxos where nothing fails: the steady state, and the choices of how nodes are set up.
 */
import { flexible, limits, multi } from "@synod/protocol";
import type { Delay } from "../stage.ts";
import type { Scenario } from "../trace.ts";
import { learner } from "./addresses.ts";
import { collapsed } from "./learned.ts";
import { MultiPlay, multiScenario, traceOf } from "./multi-cast.ts";

/** Long enough for a request to be answered and everyone to know, short of the next heartbeat. */
const oneRequest = 9;

/** The votes of these are slow. */
const slowVotes =
  (units: number): Delay<multi.Message> =>
  (_from, _to, { kind }) =>
    kind === "Accepted" || kind === "AcceptedValue" ? units : 1;

export const steadyScenarios: readonly Scenario[] = [
  {
    protocol: "multi",
    name: "first-leader",
    title: "Nobody leads yet: node 1 becomes the leader, with one Prepare for all slots there will ever be",
    run() {
      const play = new MultiPlay();
      play.stage.run(9);
      return traceOf("first-leader", play, "Node 1 leads in ballot 1. No more Prepare is needed as long as it does.");
    },
  },
  multiScenario(
    "steady-state",
    "Three requests, one after the other: phase 1 is gone",
    () => ({}),
    (play) => {
      play.request(1, "A");
      play.stage.at(6, () => play.request(1, "B"));
      play.stage.at(12, () => play.request(1, "C"));
      play.stage.run(19);
      return "Each line takes Request, Accept, Accepted and Response; an Accept tells of the commit point before it.";
    },
  ),
  multiScenario(
    "collapsed-roles",
    "The roles of a node share a thread, the default deployment: the same code and messages, fewer delays",
    () => ({}),
    (play) => {
      play.stage.slow(collapsed);
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "Between the roles of a node no time passes.";
    },
  ),
  multiScenario(
    "learning-every",
    "Each acceptor tells each learner of its vote, not only the leader's: all know at once",
    () => ({ learning: "every" }),
    (play) => {
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "Nine votes to learners instead of five; no learner waits for the commit point.";
    },
  ),
  multiScenario(
    "flexible-quorum",
    "Five nodes, four for phase 1 and two for phase 2",
    () => ({ nodes: 5, quorums: flexible(5, 4, 2) }),
    (play) => {
      play.crashNodes(3, 4, 5);
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "Three of five nodes are down, and the leader goes on with two.";
    },
  ),
  multiScenario(
    "batch",
    "Requests of four clients that come together share a slot",
    () => ({ clients: 4 }),
    (play) => {
      for (const number of [1, 2, 3, 4]) play.request(number, `line of client ${number}`);
      play.stage.run(oneRequest);
      return "Four requests, one slot, one round of votes.";
    },
  ),
  multiScenario(
    "bounded-window",
    `${limits.windowSlots} slots may be in flight; what comes then waits, and shares a slot`,
    // Nothing is sent again, so that the flow can be read.
    () => ({ timing: { retryTicks: 200 } }),
    (play) => {
      const requests = limits.windowSlots + 8;
      play.stage.slow(slowVotes(requests));
      // A request each unit: before the first is chosen the window is full.
      play.stage.at(limits.windowSlots, () => play.stage.slow(() => 1));
      for (let number = 0; number < requests; number++) {
        play.stage.at(number, () => play.request(1, `line ${number + 1}`));
      }
      play.stage.run(2 * requests);
      return `${limits.windowSlots} requests take a slot each, and the ${requests - limits.windowSlots} after them share one.`;
    },
  ),
  multiScenario(
    "read",
    "A linearizable read without a log write: the leader confirms with a quorum that it leads",
    () => ({}),
    (play) => {
      play.request(1, "A");
      play.stage.at(6, () => play.read(1));
      play.stage.run(13);
      return "The answer has A in it; no Accept was sent for the read.";
    },
  ),
  multiScenario(
    "read-elsewhere",
    "The same, answered by the learner of another node, once it has applied what the leader had proposed",
    () => ({}),
    (play) => {
      play.request(1, "A");
      play.stage.at(1, () => play.read(1, 1, 3));
      play.stage.run(13);
      return "Learner 3 answers as soon as it has applied A.";
    },
  ),
  multiScenario(
    "read-leased",
    "The same under a lease: the acceptors keep it with each heartbeat, and nobody need be asked",
    () => ({ lease: multi.usualLease }),
    (play) => {
      play.request(1, "A");
      play.stage.at(6, () => play.read(1));
      play.stage.run(oneRequest);
      return "Three delays in place of five, and not one message to an acceptor.";
    },
  ),
  multiScenario(
    "slow-learner",
    "A learner that gets its messages late holds up nobody",
    () => ({}),
    (play) => {
      play.stage.slow((_from, to) => (to === learner(3) ? 9 : 1));
      play.request(1, "A");
      play.stage.at(4, () => play.request(1, "B"));
      play.stage.run(16);
      return "The client is answered in time; learner 3 learns later.";
    },
  ),
];
