/**
 * The scenarios of single-decree Paxos.
 */
import { basic, flexible, majority } from "@synod/protocol";
import { seededRandom } from "../random.ts";
import type { Delay } from "../stage.ts";
import type { Scenario } from "../trace.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import { basicScenario, isSent, type BasicPlay, type BasicSettings } from "./basic-cast.ts";

/** Long enough for everything to come to rest. */
const rest = 40;
/** Long enough to see that a duel goes on. */
const longDuel = 60;

/**
 * An Accept carries the value and takes longer than the rest, so that the other proposer's Prepare overtakes it: what a
 * duel lives on.
 */
const slowAccepts: Delay<basic.Message> = (_from, _to, { kind }) => (kind === "Accept" ? 5 : 1);

function duel(delay: (proposer: number) => basic.RetryDelay): () => BasicSettings {
  return () => ({ proposers: 2, clients: 2, delay });
}

/** Two clients ask two proposers for different values, so that they meet. */
function beginDuel(play: BasicPlay): void {
  play.stage.slow(slowAccepts);
  play.request(1, 1, "V");
  play.stage.at(4, () => play.request(2, 2, "W"));
}

export const basicScenarios: readonly Scenario[] = [
  basicScenario(
    "no-failure",
    "One client, one proposer, three acceptors, two learners, and nothing goes wrong",
    () => ({}),
    (play) => {
      play.request(1, 1, "V");
      play.stage.run(rest);
      return "V is chosen in ballot 1; both learners learn it and tell the client.";
    },
  ),
  basicScenario(
    "acceptor-fails",
    "One acceptor of three fails: two are a quorum",
    () => ({}),
    (play) => {
      play.stage.crash(acceptor(3));
      play.request(1, 1, "V");
      play.stage.run(rest);
      return "V is chosen with two answers at each step.";
    },
  ),
  basicScenario(
    "learner-fails",
    "A redundant learner fails: the client is answered by the other",
    () => ({}),
    (play) => {
      play.stage.crash(learner(2));
      play.request(1, 1, "V");
      play.stage.run(rest);
      return "V is chosen; learner 1 learns it and tells the client.";
    },
  ),
  basicScenario(
    "proposer-fails",
    "The proposer fails after one Accept got through, and the next one finds it",
    () => ({ proposers: 2 }),
    (play) => {
      const { stage } = play;
      stage.lose((sent) => isSent("Accept", acceptor(2))(sent) || isSent("Accept", acceptor(3))(sent));
      play.request(1, 1, "V");
      stage.at(4, () => {
        stage.crash(proposer(1));
        stage.lose(() => false);
      });
      stage.at(8, () => play.request(1, 2, "W"));
      stage.run(rest);
      return "Acceptor 1 had accepted V, and is in the quorum of proposer 2: it must propose V, and V is chosen.";
    },
  ),
  basicScenario(
    "proposer-fails-unseen",
    "The proposer fails after one Accept got through, to an acceptor that the next one does not hear",
    () => ({ proposers: 2 }),
    (play) => {
      const { stage } = play;
      stage.lose((sent) => isSent("Accept", acceptor(2))(sent) || isSent("Accept", acceptor(3))(sent));
      play.request(1, 1, "V");
      stage.at(4, () => {
        stage.crash(proposer(1), acceptor(1));
        stage.lose(() => false);
      });
      stage.at(8, () => play.request(1, 2, "W"));
      stage.at(14, () => stage.restart(acceptor(1)));
      stage.run(rest);
      return "One vote is no quorum: V was not chosen, and proposer 2, whose quorum knows nothing of it, proposes W.";
    },
  ),
  basicScenario(
    "duelling-proposers",
    "Two proposers kill each other's proposals with fixed delays, until their delays become random",
    duel((node) => {
      const random = basic.randomDelay(seededRandom(node), 8);
      return (attempt) => (attempt <= 3 ? 1 : random(attempt));
    }),
    (play) => {
      beginDuel(play);
      play.stage.run(2 * longDuel);
      const [chosen = "nothing"] = play.outcome("").chosen;
      return `For three rounds both retry after a fixed delay and nothing is chosen; random delays let ${chosen} through.`;
    },
  ),
  basicScenario(
    "duel-without-end",
    "Two proposers with fixed delays: nothing is chosen as long as one looks",
    duel(() => basic.fixedDelay(1)),
    (play) => {
      beginDuel(play);
      play.stage.run(longDuel);
      return `Each Prepare kills the other's Accept: after ${longDuel} units nothing is chosen.`;
    },
  ),
  basicScenario(
    "distinguished-proposer",
    "The same two requests, but only the distinguished proposer issues proposals",
    () => ({ ...duel(() => basic.fixedDelay(1))(), distinguished: 1 }),
    (play) => {
      beginDuel(play);
      play.stage.run(rest);
      return "Proposer 2 passes its request on; V, which proposer 1 got first, is chosen without a duel.";
    },
  ),
  basicScenario(
    "chosen-unknown",
    "The value was chosen, no learner knows: proposing anything makes it known",
    () => ({ proposers: 2, clients: 2 }),
    (play) => {
      const { stage } = play;
      stage.lose((sent) => sent.message.kind === "Accepted");
      play.request(1, 1, "V");
      stage.at(5, () => {
        stage.crash(proposer(1));
        stage.lose(() => false);
      });
      stage.at(8, () => play.request(2, 2, "W"));
      stage.run(rest);
      return "V was chosen in ballot 1 and all votes were lost; proposer 2, asked for W, finds V and proposes it.";
    },
  ),
  basicScenario(
    "learner-asks",
    "The value was chosen, no learner knows, an acceptor is down: the learner asks, and has a proposer propose",
    () => ({ proposers: 2 }),
    (play) => {
      const { stage } = play;
      stage.lose((sent) => sent.message.kind === "Accepted" || isSent("Accept", acceptor(3))(sent));
      play.request(1, 1, "V");
      stage.at(5, () => {
        stage.crash(proposer(1), acceptor(1));
        stage.lose(() => false);
      });
      stage.at(8, () => stage.post(client(1), learner(1), { kind: "Inquire" }));
      stage.at(10, () => stage.restart(proposer(1)));
      stage.run(rest);
      return "One vote of three cannot tell; the learner has proposer 1 issue a proposal, which finds V.";
    },
  ),
  basicScenario(
    "learning-distinguished",
    "The acceptors tell one learner, which tells the others",
    () => ({ learners: 3, learning: { way: "distinguished", learner: learner(1) } }),
    (play) => {
      play.request(1, 1, "V");
      play.stage.run(rest);
      return "Three votes go to learners instead of nine, and the other learners know one delay later.";
    },
  ),
  basicScenario(
    "learning-set",
    "The acceptors tell a set of learners, each of which tells the others",
    () => ({ learners: 3, learning: { way: "set", learners: [learner(1), learner(2)] } }),
    (play) => {
      play.stage.crash(learner(1));
      play.request(1, 1, "V");
      play.stage.run(rest);
      return "Learner 1 of the set is down; learner 2 tells learner 3.";
    },
  ),
  basicScenario(
    "flexible-quorum",
    "Four acceptors, three for phase 1 and two for phase 2: any two of them meet any three",
    () => ({ quorums: flexible(4, 3, 2) }),
    (play) => {
      const { stage } = play;
      play.request(1, 1, "V");
      stage.at(3, () => {
        stage.crash(acceptor(3), acceptor(4));
      });
      stage.run(rest);
      return "After phase 1 two of four acceptors fail: the other two choose V, though they are no majority.";
    },
  ),
  basicScenario(
    "crash-and-restart",
    "All acceptors crash after they voted, and come back with what they had made durable",
    () => ({ proposers: 2, clients: 2, quorums: majority(3), times: { syncUnits: 1 } }),
    (play) => {
      const { stage } = play;
      const acceptors = [acceptor(1), acceptor(2), acceptor(3)];
      play.request(1, 1, "V");
      stage.at(9, () => stage.crash(...acceptors));
      stage.at(10, () => {
        stage.crash(proposer(1));
        stage.restart(...acceptors);
      });
      stage.at(12, () => play.request(2, 2, "W"));
      stage.run(rest);
      return "The votes were durable before they left: proposer 2 finds V.";
    },
  ),
];
