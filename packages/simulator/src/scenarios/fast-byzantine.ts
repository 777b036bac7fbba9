/**
 * Scenarios of Fast Byzantine Paxos: six nodes of which one may lie.
 */
import { nodeOf } from "@synod/protocol";
import type { Scenario } from "../trace.ts";
import { quickDigest } from "../world/digest.ts";
import { fastByzantineScenario, type FastByzantinePlay } from "./fast-byzantine-cast.ts";
import { collapsed } from "./learned.ts";
import { liesOf } from "./lying-nodes.ts";

/** Long enough for a request to be answered by all. */
const oneRequest = 7;

const noOp = new Uint8Array(0);

function answered(play: FastByzantinePlay): string {
  play.request(1, "A");
  play.stage.run(oneRequest);
  return "Request, Accept, Accepted, Response: a learner needs 5 equal votes, the client 2 equal answers.";
}

export const fastByzantineScenarios: readonly Scenario[] = [
  fastByzantineScenario(
    "no-failure",
    "Nobody lies: four message delays, one fewer than with a round of Verify, and nothing is signed",
    {},
    answered,
  ),
  fastByzantineScenario(
    "collapsed-roles",
    "The roles of a node share a thread: the same code and messages, fewer delays",
    {},
    (play) => {
      play.stage.slow(collapsed);
      return answered(play);
    },
  ),
  fastByzantineScenario(
    "lying-acceptor",
    "Acceptor 6 votes for something else: the five others are enough",
    {
      lie: liesOf("acceptor", 6, (_from, { to, message }) =>
        message.kind === "Accepted" ? { to, message: { ...message, digest: quickDigest(noOp) } } : { to, message },
      ),
    },
    (play) => {
      play.request(1, "A");
      play.stage.run(oneRequest);
      return "With n = 5f+1 acceptors and f of them lying, every value is still learned in the same number of delays.";
    },
  ),
  fastByzantineScenario(
    "silent-leader",
    "The leader says nothing: three suspect it, and the next one shows what five have voted for",
    { lie: liesOf("proposer", 1, () => undefined) },
    (play) => {
      play.request(1, "A");
      play.awaitAnswers(1, 2);
      play.stage.run(play.stage.now + 1);
      return "2f+1 signed suspicions end ballot 1; node 2 leads ballot 2 with a certificate of n-f signed reports.";
    },
  ),
  fastByzantineScenario(
    "equivocating-leader",
    "The leader proposes A to four acceptors and a no-op to two: nothing is learned, and the next leader must take A",
    {
      lie: liesOf("proposer", 1, (_from, { to, message }) => {
        if (message.kind === "Accept" && nodeOf(to) > 4) return { to, message: { ...message, value: noOp } };
        return { to, message };
      }),
    },
    (play) => {
      play.request(1, "A");
      play.awaitAnswers(1, 2);
      play.stage.run(play.stage.now + 1);
      return "Three of five reports or more say A, so that it may have been learned: the certificate vouches for nothing else.";
    },
  ),
];
