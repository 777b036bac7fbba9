/**
 * Brings a proposer to the states that tests begin with.
 */
import { unchanged } from "../../src/index.ts";
import { Proposer, type Configuration } from "../../src/multi/index.ts";
import { acceptor, promised, sentKind, step, tick, type Did } from "./stage.ts";

/** A proposer that has just won its election: it prepares ballot `node`, and nobody has promised. */
export function electedProposer(configuration: Configuration, node: number): { role: Proposer; did: Did } {
  const role = new Proposer(configuration, node, () => 0);
  return { role, did: elect(role, configuration) };
}

/** Lets a proposer hear no leader until it probes, and answers that nobody hears one. */
export function elect(role: Proposer, configuration: Configuration, promisedBallot = 0): Did {
  for (;;) {
    const [probe] = sentKind(tick(role), "Probe");
    if (probe === undefined) continue;
    for (const node of configuration.nodes) {
      const did = step(role, acceptor(node), {
        kind: "ProbeReply",
        round: probe.round,
        promised: promisedBallot,
        leaderSilent: true,
        chosenThrough: 0,
        memberships: unchanged,
      });
      if (sentKind(did, "Prepare").length > 0) return did;
    }
  }
}

/** A proposer that leads in ballot `node`, promised by the first acceptors, which have accepted nothing. */
export function leadingProposer(configuration: Configuration, node: number): { role: Proposer; did: Did } {
  const { role } = electedProposer(configuration, node);
  const answers = configuration.nodes
    .slice(0, configuration.quorums.phase1)
    .map((each) => step(role, acceptor(each), promised(node, 1)));
  const did = answers.at(-1);
  if (did === undefined || role.status()["state"] !== "leading") throw new Error("expected a leading proposer");
  return { role, did };
}
