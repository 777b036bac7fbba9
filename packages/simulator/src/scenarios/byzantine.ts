/**
 * Scenarios of Byzantine Paxos: four nodes of which one may lie.
 */
import { nodeOf } from "@synod/protocol";
import type { Scenario } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { byzantineScenario, type ByzantinePlay } from "./byzantine-cast.ts";
import { collapsed } from "./learned.ts";
import { liesOf } from "./lying-nodes.ts";

/** Long enough for a request to be answered by all. */
const oneRequest = 7;

const noOp = new Uint8Array(0);

function oneLine(play: ByzantinePlay): string {
  play.request("A");
  play.stage.run(oneRequest);
  return "Request, Accept, Verify, Accepted, Response: five delays; the client believes two equal answers.";
}

function untilAnswered(play: ByzantinePlay): void {
  play.request("A");
  play.awaitAnswers(2);
  play.stage.run(play.stage.now + 2);
}

export const byzantineScenarios: readonly Scenario[] = [
  byzantineScenario("no-failure", "Nobody lies: five message delays, one of them to verify", undefined, oneLine),
  byzantineScenario(
    "collapsed-roles",
    "The roles of a node share a thread: the same code and messages, fewer delays",
    undefined,
    (play) => {
      play.stage.slow(collapsed);
      return oneLine(play);
    },
  ),
  byzantineScenario(
    "lying-acceptor",
    "Acceptor 4 verifies and votes for something else: the three others are a quorum",
    liesOf("acceptor", 4, (_from, { to, message }) =>
      message.kind === "Verify" || message.kind === "Accepted"
        ? { to, message: { ...message, digest: quickDigest(noOp) } }
        : { to, message },
    ),
    oneLine,
  ),
  byzantineScenario(
    "silent-leader",
    "The leader says nothing: the others suspect it, and the next leader shows what three have promised",
    liesOf("proposer", 1, () => undefined),
    (play) => {
      untilAnswered(play);
      return "Two suspicions end ballot 1, three promises begin ballot 2; no single node can do either.";
    },
  ),
  byzantineScenario(
    "equivocating-leader",
    "The leader proposes A to two acceptors and a no-op to two: nothing gets a quorum, and another leads",
    liesOf("proposer", 1, (_from, { to, message }) => {
      if (message.kind !== "Accept") return { to, message };
      return nodeOf(to) > 2 ? { to, message: { ...message, value: noOp } } : { to, message };
    }),
    (play) => {
      untilAnswered(play);
      return "Two verify A and two a no-op: neither has three. No vote is cast, and the next leader is free to propose A.";
    },
  ),
  byzantineScenario(
    "proof",
    "A is voted for and no learner hears of it; the next leader must propose A again, as the certificates show",
    undefined,
    (play) => {
      play.stage.lose(({ message, at }) => message.kind === "Accepted" && at < 10);
      play.request("A");
      play.stage.at(6, () => play.silence(1));
      play.awaitAnswers(2);
      play.stage.run(play.stage.now + 2);
      return "Each Promised carries the vote for A with three signed Verify: any value but A in its slot would be refused.";
    },
  ),
];
