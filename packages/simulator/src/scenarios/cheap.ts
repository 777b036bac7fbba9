/**
 * Scenarios of Cheap Paxos: the auxiliaries hear nothing, until a main fails.
 */
import type { Scenario, Trace } from "../trace.ts";
import { MultiPlay, traceOf, type MultiSettings } from "./multi-cast.ts";

/** Long enough for a request to be answered and everyone to know. */
const oneRequest = 9;
/** Long enough for who joined to promise once more, and for the administrator to be told. */
const oneChange = 25;
/** Two slots after a change was chosen it is in force, so that a drawing has few no-ops. */
const twoMains: MultiSettings = { nodes: 3, auxiliaries: 1, windowSlots: 2 };
const threeMains: MultiSettings = { nodes: 4, auxiliaries: 1, windowSlots: 2 };

/** A scenario that begins when node 1 leads and the client has a session. */
function cheapScenario(
  name: string,
  title: string,
  settings: MultiSettings,
  play: (play: MultiPlay) => string,
): Scenario {
  const run = (): Trace => {
    const cast = new MultiPlay(settings);
    cast.prologue(settings.clients ?? 1);
    return traceOf(name, cast, play(cast), "cheap");
  };
  return { protocol: "cheap", name, title, run };
}

/** Until the members are as many as they are to be, as the leader sees it. */
function awaitMembers(play: MultiPlay, leader: number, members: string): void {
  for (let patience = 400; patience > 0; patience--) {
    play.stage.run(play.stage.now);
    if (play.members(leader) === members) return;
  }
  throw new Error(`the members do not come to be ${members}, they are ${play.members(leader)}`);
}

export const cheapScenarios: readonly Scenario[] = [
  cheapScenario("steady-state", "Two mains and an auxiliary, which gets not one message", twoMains, (play) => {
    play.request(1, "A");
    play.stage.at(6, () => play.request(1, "B"));
    play.stage.run(6 + oneRequest);
    return "Two Accepts for each request instead of three: the two mains are a quorum.";
  }),
  cheapScenario(
    "main-fails",
    "Three mains and an auxiliary: a main fails; the auxiliary helps to finish, and to choose a membership without it",
    threeMains,
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      play.request(1, "A");
      awaitMembers(play, 1, "1,2,4");
      stage.run(stage.now + oneRequest);
      play.request(1, "B");
      stage.run(stage.now + oneRequest);
      return (
        "Accept to three mains, two answer; the same Accept goes to the auxiliary, and makes three of four. Then the " +
        "members become 1, 2 and 4, of which two are a quorum, and the next Accept goes to the two mains alone."
      );
    },
  ),
  cheapScenario(
    "one-main-left",
    "Two mains and an auxiliary: a main fails, and after the change the other one is a quorum by itself",
    twoMains,
    (play) => {
      const { stage } = play;
      play.crashNodes(2);
      play.request(1, "A");
      awaitMembers(play, 1, "1,3");
      stage.run(stage.now + oneRequest);
      play.request(1, "B");
      stage.run(stage.now + oneRequest);
      return "Main 1 weighs two, the auxiliary one: main 1 goes on alone, and the auxiliary is idle again.";
    },
  ),
  cheapScenario(
    "main-returns",
    "The main is back, with its disk: it catches up, and is taken in again under its own number",
    twoMains,
    (play) => {
      const { stage } = play;
      play.crashNodes(2);
      awaitMembers(play, 1, "1,3");
      play.request(1, "A");
      stage.run(stage.now + oneRequest);
      play.raiseCurtain();
      play.restartNodes(2);
      awaitMembers(play, 1, "1,2,3");
      stage.run(stage.now + oneRequest);
      play.request(1, "B");
      stage.run(stage.now + oneRequest);
      return "The leader's heartbeats go to it all the while. It learns A, and is needed for B; the auxiliary is not.";
    },
  ),
  cheapScenario(
    "replace-main",
    "The main has lost its disk: it is taken out, and another comes for it under a new number, for good",
    { ...twoMains, clients: 2, laterNodes: 1 },
    (play) => {
      const { stage } = play;
      play.crashNodes(2);
      awaitMembers(play, 1, "1,3");
      play.request(1, "A");
      stage.run(stage.now + oneRequest);
      play.raiseCurtain();
      play.startNode(4);
      play.reconfigure(2, { add: 4, remove: 2 });
      awaitMembers(play, 1, "1,3,4");
      stage.run(stage.now + oneChange);
      play.request(1, "B");
      stage.run(stage.now + oneRequest);
      return "Main 4 learns A, is voted in and promises; B takes its vote. Nobody waits for main 2 any more.";
    },
  ),
  cheapScenario(
    "leader-fails",
    "The main that leads fails: the other one is elected with the auxiliary's promise, and removes it",
    twoMains,
    (play) => {
      const { stage } = play;
      play.request(1, "A");
      stage.run(oneRequest);
      play.crashNodes(1);
      const leader = play.awaitLeader([2]);
      play.request(1, "B", leader);
      awaitMembers(play, leader, "2,3");
      stage.run(stage.now + oneRequest);
      return "A second probe, and then the Prepare, go to the auxiliary as well. A is known to main 2; B is chosen.";
    },
  ),
  cheapScenario(
    "auxiliary-down",
    "A main fails while the auxiliary is down: too many are gone, and it stops, safely, until one is back",
    twoMains,
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      play.request(1, "A");
      stage.run(oneRequest);
      play.crashNodes(2);
      const ticket = play.request(1, "B");
      stage.run(stage.now + 110);
      play.retry(ticket, 1);
      stage.run(stage.now + 10);
      play.restartNodes(3);
      play.awaitLeader([1]);
      play.retry(ticket, 1);
      awaitMembers(play, 1, "1,3");
      stage.run(stage.now + oneRequest);
      return "A is chosen without the auxiliary, which nobody missed; B is, once it is back.";
    },
  ),
];
