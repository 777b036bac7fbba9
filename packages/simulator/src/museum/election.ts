/**
 * Exhibits: elections that do not end. Nothing wrong is ever chosen here, and after a while nothing at all.
 */
import { addressOf, basic } from "@synod/protocol";
import { basicWith } from "./basic-exhibits.ts";
import type { Exhibit } from "./exhibit.ts";
import { multiWithAcceptor, multiWithProposer } from "./multi-exhibits.ts";
import { PatchedRole, rewrite } from "./patched-role.ts";

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
      rewrite(out.sendAfterPersist, ({ to, message }) => {
        return { to, message: message.kind === "ProbeReply" ? { ...message, leaderSilent: true } : message };
      });
    },
  })),
  options: { nodes: 3, faults: ["quorum-loss", "chained"] },
};

const leaderWithoutQuorum: Exhibit = {
  name: "leader-without-quorum",
  title: "A leader stays as long as anyone answers it",
  story:
    "The quorum-loss partition of the Omni-Paxos paper: all links fail but those of one node. The leader still reaches " +
    "that node, which therefore hears a leader and does not stand; and it is the only one that could. The leader has no " +
    "quorum, the rest has no candidate, and nothing moves until the network is mended. A leader that no quorum answers " +
    "must step down, although it can say `I am alive` to somebody.",
  source: "Ng, Haridi and Carbone, Omni-Paxos 2023, §2: quorum loss",
  simulation: multiWithProposer((_status, { nodes }) => ({
    step(from, message, step) {
      step(from, message);
      if (message.kind !== "HeartbeatAck") return;
      for (const node of nodes) step(addressOf("acceptor", node), { ...message, round: 0 });
    },
  })),
  options: { nodes: 5, faults: ["quorum-loss"] },
};

const duel: Exhibit = {
  name: "duel-without-backoff",
  title: "A proposer that is refused tries again at once, with a higher ballot",
  story:
    "Two proposers can each complete phase 1 with ever higher numbers, and each have its phase 2 refused because of the " +
    "other's: Lamport's own example of how nothing is chosen for ever (§2.4). Unequal waits end it. Proposers that " +
    "come back at once keep it going for as long as their messages and syncs take longer than their patience.",
  source: "Paxos Made Simple §2.4",
  simulation: basicWith({
    proposer(options) {
      const role = new basic.Proposer({ ...options, delay: basic.fixedDelay(1) });
      return new PatchedRole(role, () => ({
        step(from, message, step, out) {
          step(from, message);
          // What it would do in the next tick, it does now.
          if (message.kind === "Rejected") role.tick(out);
        },
      }));
    },
  }),
  options: { nodes: 4, faults: ["none"] },
};

export const electionExhibits: readonly Exhibit[] = [electionsReset, leaderWithoutQuorum, duel];
