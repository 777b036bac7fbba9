/**
 * A lease and members that change: what a leader under a lease reads while the members before elect another one, who then
 * prepares those who granted the lease.
 */
import { expect, test } from "vitest";
import { nodeOf, roleOf, type multi, type RoleStatus } from "@synod/protocol";
import { client, proposer } from "../src/scenarios/addresses.ts";
import { MultiPlay } from "../src/scenarios/multi-cast.ts";

const lease: multi.Lease = { ticks: 60, drift: 0.1 };
const first = 1;
const second = 2;

function status({ stage }: MultiPlay, node: number): RoleStatus {
  return stage.role(proposer(node)).status();
}

/** Plays on until something is so. */
function playUntil({ stage }: MultiPlay, isSo: () => boolean): void {
  const end = stage.now + 1000;
  while (!isSo()) {
    if (stage.now > end) throw new Error("it did not come to that");
    stage.run(stage.now);
  }
}

/**
 * Node 1 leads, and nodes 1, 2, 3 become 1, 2, 4. Nodes 2 and 3 vote for that, and do not hear that it is chosen. They are
 * cut off from node 1, and elect node 2 by the members before; node 4 has granted a lease to node 1, and hears both.
 */
function twoLeaders(): MultiPlay {
  const play = new MultiPlay({ clients: 2, laterNodes: 1, windowSlots: 2, lease });
  play.prologue(2);
  const { stage } = play;
  play.startNode(4);
  stage.run(stage.now + lease.ticks);
  stage.crash(proposer(3));
  const known = Number(status(play, first)["commitPoint"]);
  const isNews = (message: multi.Message): boolean => "commitPoint" in message && message.commitPoint > known;
  stage.lose(
    ({ from, to, message }) =>
      from === proposer(first) && roleOf(to) !== "client" && [2, 3].includes(nodeOf(to)) && isNews(message),
  );
  play.reconfigure(2, { add: 4, remove: 3 });
  playUntil(play, () => status(play, first)["commitPoint"] === known + 2);
  stage.cut(first, 2);
  stage.cut(first, 3);
  play.awaitLeader([second]);
  return play;
}

test("a lease that members to come have granted holds against who was elected by the members before", () => {
  const play = twoLeaders();
  const { stage } = play;
  // It has heard node 4 a moment ago, and hears nobody else from now on.
  stage.cut(first, 4);
  const isTold = (): boolean =>
    stage.received.some(
      ({ to, message }) => to === client(1) && (message.kind === "Response" || message.kind === "NoQuorum"),
    );
  play.request(1, "A", second);
  playUntil(play, isTold);
  play.read(2, first);
  stage.run(stage.now + 6);
  const { answered } = play.outcome("");
  const isWritten = (answered["client 1"] ?? []).some((answer) => answer.startsWith("done"));
  const isMissed = (answered["client 2"] ?? []).some((answer) => answer.endsWith(": []"));
  expect([isWritten, isMissed]).not.toEqual([true, true]);
});

test("of two leaders one gives up, also where the lease of the other goes on", () => {
  const play = twoLeaders();
  play.request(1, "A", second);
  play.request(2, "B", first);
  play.stage.run(play.stage.now + 300);
  expect([first, second].filter((node) => status(play, node)["state"] === "leading")).toHaveLength(1);
  expect(Object.values(play.outcome("").answered).flat()).toContain("done 1: 1");
});
