/**
 * Scenarios of Generalized Paxos: four nodes, of which three make a quorum.
 */
import type { Scenario } from "../trace.ts";
import { proposer } from "./addresses.ts";
import { generalizedScenario } from "./generalized-cast.ts";
import { collapsed } from "./learned.ts";

/** Long enough for a request to be answered and everyone to know, short of the next heartbeat. */
const oneRequest = 4;
/** The same, when it collides. */
const oneRecovery = 9;

export const generalizedScenarios: readonly Scenario[] = [
  generalizedScenario(
    "no-failure",
    "One command: client, acceptors, learners, and no leader on the way",
    {},
    (play) => {
      play.write(1, "A", "1");
      play.stage.run(oneRequest);
      return "It is learned two message delays after its client sent it.";
    },
  ),
  generalizedScenario(
    "collapsed-roles",
    "The roles of a node share a thread: no time passes between an acceptor and the learner beside it",
    {},
    (play) => {
      play.stage.slow(collapsed);
      play.write(1, "A", "1");
      play.stage.run(oneRequest);
      return "Between the roles of a node no time passes; a quorum is heard after the same two delays.";
    },
  ),
  generalizedScenario(
    "commuting",
    "ReadA and ReadB reach the acceptors in two orders, which are the same: both are learned at once",
    { clients: 2 },
    (play) => {
      play.crossOrders();
      play.read(1, "A");
      play.read(2, "B");
      play.stage.run(oneRequest);
      return "Each is learned two message delays after the third acceptor has it; nobody had to order them.";
    },
  ),
  generalizedScenario(
    "commuting-writes",
    "So do WriteA and WriteB: two registers, whoever writes them first",
    { clients: 2 },
    (play) => {
      play.crossOrders();
      play.write(1, "A", "1");
      play.write(2, "B", "2");
      play.stage.run(oneRequest);
      return "The learners may have learned them in different orders, and are the same.";
    },
  ),
  generalizedScenario(
    "collision",
    "WriteB and ReadB reach the acceptors in two orders, and that matters: the leader takes the next ballot",
    { clients: 2 },
    (play) => {
      play.crossOrders();
      play.write(1, "B", "1");
      play.read(2, "B");
      play.stage.run(oneRecovery);
      return "Prepare, Promised, Accept, Accepted: two more round trips, and both are learned in one order.";
    },
  ),
  generalizedScenario("acceptor-fails", "One acceptor of four is down: three are a quorum", {}, (play) => {
    play.crashNodes(4);
    play.write(1, "A", "1");
    play.stage.run(oneRequest);
    return "It takes no longer.";
  }),
  generalizedScenario(
    "leader-fails",
    "The leader is down, and commands that commute are learned as before: a fast ballot needs it for nothing",
    { clients: 2 },
    (play) => {
      play.stage.crash(proposer(1));
      play.crossOrders();
      play.write(1, "A", "1");
      play.write(2, "B", "2");
      play.stage.run(oneRequest);
      return "Only a collision, or an instance that is full, would have to wait for a new leader.";
    },
  ),
  generalizedScenario(
    "leader-fails-in-recovery",
    "The leader fails before it has the promises for the next ballot: a new one finishes what collided",
    { clients: 2 },
    (play) => {
      play.crossOrders();
      play.write(1, "B", "1");
      play.read(2, "B");
      play.stage.at(3, () => play.stage.crash(proposer(1)));
      play.stage.run(95);
      return "No acceptor adds anything until the new leader's ballot begins; then both are learned.";
    },
  ),
  generalizedScenario(
    "frequent-collisions",
    "Commands collide, and the leader bears no more of that: it takes a classic ballot, and later a fast one again",
    { clients: 2, fallBack: { windowCommands: 8, mostCollisions: 0, classicTicks: 16 } },
    (play) => {
      play.crossOrders();
      play.write(1, "B", "1");
      play.read(2, "B");
      play.stage.at(oneRecovery, () => {
        play.write(1, "B", "2");
        play.read(2, "B");
      });
      play.stage.at(2 * oneRecovery + 5, () => {
        play.stage.slow(() => 1);
        play.write(1, "B", "3");
      });
      play.stage.run(3 * oneRecovery + 2);
      return "The second write and the second read cross again, and nobody has to recover: the leader orders them.";
    },
  ),
  generalizedScenario(
    "instance-closed",
    "An instance is full: a checkpoint closes it, and the next one begins with the empty history",
    { clients: 1, historyCommands: 2 },
    (play) => {
      play.write(1, "A", "1");
      play.stage.at(oneRequest + 1, () => play.write(1, "A", "2"));
      play.stage.at(3 * oneRequest + oneRecovery, () => play.write(1, "A", "3"));
      play.stage.run(4 * oneRequest + oneRecovery);
      return "The commands before the checkpoint are the same to all; those after it are learned as ever.";
    },
  ),
];
