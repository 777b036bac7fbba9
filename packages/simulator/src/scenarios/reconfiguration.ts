/**
 * Scenarios of Multi-Paxos whose members change. The window is two slots, so that a change is in force two slots after
 * its own, and the flow can be read.
 */
import { changeRefusals } from "@synod/protocol";
import type { Scenario } from "../trace.ts";
import { multiScenario, type MultiPlay } from "./multi-cast.ts";

const settings = { clients: 2, laterNodes: 1, windowSlots: 2 };
const administrator = 2;
/** Long enough for a change to be in force, and for a node that left to hear of it. */
const oneChange = 20;
const leaving = 200;
/** Longer than the new members have to answer. */
const rollCall = 120;

/** What the administrator was answered last. */
function answer({ stage }: MultiPlay): string {
  const last = stage.received.findLast(({ message }) => ["Reconfigured", "ChangeRefused"].includes(message.kind));
  if (last?.message.kind === "Reconfigured") return `in force from slot ${last.message.from} on`;
  if (last?.message.kind !== "ChangeRefused") throw new Error("the administrator was not answered");
  const { reason, reachable, needed } = last.message;
  const counts = needed === 0 ? "" : `: ${reachable} of the ${needed} that it takes`;
  return `refused, since ${changeRefusals[reason] ?? ""}${counts}`;
}

export const reconfigurationScenarios: readonly Scenario[] = [
  multiScenario(
    "add-node",
    "A node joins: it catches up, is voted in, promises the leader's ballot, and chooses two slots later",
    () => settings,
    (play) => {
      const { stage } = play;
      play.startNode(4);
      play.reconfigure(administrator, { add: 4 });
      stage.run(stage.now + oneChange);
      play.request(1, "A");
      stage.run(stage.now + 6);
      return `The change is ${answer(play)}; a no-op fills the slot before. What a client asks then, three of four choose.`;
    },
  ),
  multiScenario(
    "remove-node",
    "A node leaves: once the others know all that it helped to choose, it stops by itself",
    () => settings,
    (play) => {
      const { stage } = play;
      play.reconfigure(administrator, { remove: 3 });
      stage.run(stage.now + oneChange);
      play.request(1, "A");
      stage.run(stage.now + leaving);
      return `The change is ${answer(play)}. Node 3 hears no leader any more, asks, and is told that it takes no part.`;
    },
  ),
  multiScenario(
    "replace-node",
    "A node has lost its disk: another comes for it under a new number, while the others go on",
    () => settings,
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      play.startNode(4);
      play.request(1, "A");
      play.reconfigure(administrator, { add: 4, remove: 3 });
      stage.run(stage.now + oneChange);
      play.request(1, "B");
      stage.run(stage.now + 6);
      return `The change is ${answer(play)}. Node 3 has forgotten what it promised, and never takes part again.`;
    },
  ),
  multiScenario(
    "change-refused",
    "A node is down, and another shall leave: too few would be left, and the leader says so",
    () => settings,
    (play) => {
      const { stage } = play;
      play.crashNodes(3);
      stage.run(stage.now + leaving);
      play.raiseCurtain();
      play.reconfigure(administrator, { remove: 2 });
      stage.run(stage.now + rollCall);
      return `The change is ${answer(play)}.`;
    },
  ),
  multiScenario(
    "leader-removed",
    "The leader itself leaves: it leads until the change is in force, and then another is elected",
    () => settings,
    (play) => {
      const { stage } = play;
      play.reconfigure(administrator, { remove: 1 });
      stage.run(stage.now + oneChange);
      const leader = play.awaitLeader([2, 3]);
      play.request(1, "A", leader);
      stage.run(stage.now + 6);
      return `The change is ${answer(play)}. Proposer ${leader} leads, and both that are left must choose.`;
    },
  ),
];
