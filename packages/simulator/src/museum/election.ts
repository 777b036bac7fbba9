/**
 * Exhibits: elections that do not end. Nothing wrong is ever chosen here, and after a while nothing at all.
 */
import { basic } from "@synod/protocol";
import { newBasicProtocol } from "../protocols/basic.ts";
import { simulationOf } from "../simulate.ts";
import type { Exhibit } from "./exhibit.ts";
import { multiWithAcceptor } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const electionsReset: Exhibit = {
  name: "elections-reset",
  title: "Who hears no leader prepares at once, whatever the others hear",
  story:
    "On 2 November 2020 a switch at Cloudflare failed in part. One etcd member lost sight of the leader, called election " +
    "after election, and deposed a leader that the rest could reach; the cluster took no writes, and the API was down " +
    "or slow for six hours. With a partial partition two nodes that do not hear each other depose one another through a " +
    "third for as long as it lasts. A node must ask first whether the others miss the leader too.",
  source: "T. Lianza and C. Snook, A Byzantine failure in the real world, Cloudflare 2020; Omni-Paxos 2023, §2",
  simulation: multiWithAcceptor(() => ({
    output(out) {
      rewrite(out.send, ({ to, message }) => {
        return { to, message: message.kind === "ProbeReply" ? { ...message, leaderSilent: true } : message };
      });
    },
  })),
};

const duel: Exhibit = {
  name: "duel-without-backoff",
  title: "A proposer that is refused tries again in the next tick, with a higher ballot",
  story:
    "Two proposers can each complete phase 1 with ever higher numbers, and each have its phase 2 refused because of the " +
    "other's: Lamport's own example of how nothing is chosen for ever (§2.4). Unequal waits end it. Proposers that " +
    "come back at once keep it going for as long as their messages and syncs take longer than their patience.",
  source: "Paxos Made Simple §2.4",
  simulation: simulationOf(
    newBasicProtocol({ proposer: (options) => new basic.Proposer({ ...options, delay: basic.fixedDelay(1) }) }),
  ),
  options: { nodes: 5, faults: ["loss"] },
};

export const electionExhibits: readonly Exhibit[] = [electionsReset, duel];
