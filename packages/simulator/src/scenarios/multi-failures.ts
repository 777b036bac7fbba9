/**
 * Scenarios of Multi-Paxos where nodes fail and return.
 */
import type { multi } from "@synod/protocol";
import type { Sent } from "../stage.ts";
import type { Scenario } from "../trace.ts";
import { acceptor, learner, proposer } from "./addresses.ts";
import { multiScenario, type MultiPlay } from "./multi-cast.ts";

/** Long enough for a request to be answered and everyone to know. */
const oneRequest = 9;

/** Which acceptors get the Accept of a slot, where not all do. */
const gaps: ReadonlyMap<number, number> = new Map([
  [11, 1],
  [12, 1],
  [14, 2],
  [16, 3],
]);

function isInGap({ message, to }: Sent<multi.Message>): boolean {
  if (message.kind !== "Accept") return false;
  const only = gaps.get(message.slot);
  return only !== undefined && to !== acceptor(only);
}

/** Requests one after the other, until all are answered, before the curtain rises. */
function answerAll(play: MultiPlay, texts: readonly string[], node = 1): void {
  for (const text of texts) {
    play.request(1, text, node);
    play.stage.run(play.stage.now + 3);
  }
  play.stage.run(play.stage.now + oneRequest);
}

export const failureScenarios: readonly Scenario[] = [
  multiScenario(
    "new-leader-fills-gaps",
    "A new leader finds slots 13 to 16, fills 11 and 12 with no-ops, and puts new commands from 17",
    () => ({ clients: 8 }),
    (play) => {
      const { stage } = play;
      answerAll(play, ["command 2", "command 3", "command 4", "command 5", "command 6", "command 7", "command 8"]);
      answerAll(play, ["command 9", "command 10"]);
      play.raiseCurtain();
      stage.lose(isInGap);
      for (let slot = 11; slot <= 16; slot++) {
        stage.at(slot - 11, () => play.request(slot - 9, `command ${slot}`));
      }
      stage.at(9, () => play.crashNodes(1));
      stage.run(10);
      stage.lose(() => false);
      const leader = play.awaitLeader([2, 3]);
      play.request(8, "command 17", leader);
      stage.run(stage.now + oneRequest);
      return (
        `1 to 10, 13 and 15 were chosen; 14 and 16 were accepted by one acceptor each. Proposer ${leader} prepares once, ` +
        "from 11 on: what the answers constrain it finishes, 11 and 12 become no-ops, and the next command gets 17."
      );
    },
  ),
  multiScenario(
    "leader-change",
    "The leader's node fails: another leads, and the client's second try succeeds",
    () => ({}),
    (play) => {
      const { stage } = play;
      play.request(1, "A");
      stage.at(5, () => play.crashNodes(1));
      stage.run(5);
      const ticket = play.request(1, "B");
      stage.run(stage.now + 2);
      play.retry(ticket, 2);
      const leader = play.awaitLeader([2, 3]);
      play.retry(ticket, leader);
      stage.run(stage.now + 5);
      play.restartNodes(1);
      stage.run(stage.now + 45);
      return `Node ${leader} leads after a silence; node 1 comes back, follows, and catches up.`;
    },
  ),
  multiScenario(
    "leader-role-fails",
    "Only the proposer of the leader's node fails: its acceptor and its learner go on",
    () => ({}),
    (play) => {
      play.stage.crash(proposer(1));
      const leader = play.awaitLeader([2, 3]);
      play.request(1, "A", leader);
      play.stage.run(play.stage.now + oneRequest);
      return `Node ${leader} leads, with the votes of all three acceptors.`;
    },
  ),
  multiScenario(
    "no-quorum",
    "Two of three nodes fail: the leader stands down and says so, until one comes back",
    () => ({}),
    (play) => {
      const { stage } = play;
      play.crashNodes(2, 3);
      const ticket = play.request(1, "A");
      stage.run(115);
      play.retry(ticket, 1);
      stage.run(stage.now + 20);
      play.restartNodes(2);
      const leader = play.awaitLeader([1, 2]);
      play.retry(ticket, leader);
      stage.run(stage.now + oneRequest);
      return "No request is left hanging: its client is told that too few acceptors answer, and tries again later.";
    },
  ),
  multiScenario(
    "retried-command",
    "The reply is lost, the client sends its request again: the command runs once",
    () => ({}),
    (play) => {
      const { stage } = play;
      stage.lose(({ message }) => message.kind === "Response");
      const ticket = play.request(1, "A");
      stage.run(8);
      stage.lose(() => false);
      play.retry(ticket, 1);
      stage.run(stage.now + oneRequest);
      play.read(1);
      stage.run(stage.now + oneRequest);
      return "The request is in two slots; the session remembers its reply, and the journal has the line once.";
    },
  ),
  multiScenario(
    "retried-after-leader-change",
    "The leader fails before it answers; the same request goes to the next one: the command runs once",
    () => ({}),
    (play) => {
      const { stage } = play;
      const ticket = play.request(1, "A");
      stage.at(2, () => play.crashNodes(1));
      stage.run(2);
      const leader = play.awaitLeader([2, 3]);
      play.retry(ticket, leader);
      stage.run(stage.now + oneRequest);
      play.read(1, leader);
      stage.run(stage.now + oneRequest);
      return "The new leader finishes the old slot and takes a second one for the retry; the journal has the line once.";
    },
  ),
  multiScenario(
    "catch-up-by-log",
    "A node was down for a while: its learner gets what it lacks from the acceptors' logs",
    () => ({}),
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      answerAll(play, ["A", "B", "C"]);
      play.restartNodes(3);
      stage.run(stage.now + 30);
      return "Learner 3 asks its own acceptor, then another one, which knows A, B and C.";
    },
  ),
  multiScenario(
    "catch-up-by-snapshot",
    "A node was down for so long that the logs do not go back so far: its learner gets a snapshot",
    () => ({ snapshotBytes: 200 }),
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      answerAll(play, ["A", "B", "C", "D", "E", "F", "G"]);
      play.restartNodes(3);
      stage.run(stage.now + 45);
      return "Learners 1 and 2 made snapshots and their acceptors dropped the log; learner 3 takes one over, then goes on from the log.";
    },
  ),
  multiScenario(
    "restart-from-snapshot",
    "A learner restarts: it begins from its own snapshot, and reads the rest from its acceptor's log",
    () => ({ snapshotBytes: 200 }),
    (play) => {
      const { stage } = play;
      answerAll(play, ["A", "B", "C", "D", "E", "F", "G"]);
      stage.crash(learner(2));
      stage.restart(learner(2));
      stage.run(stage.now + 10);
      return "Learner 2 asks for no slot that its snapshot holds.";
    },
  ),
];
