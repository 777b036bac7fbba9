/**
 * Bugs of what a node makes of durable bytes that turned bad, or are gone.
 */
import type { OpenFile } from "@synod/storage";
import type { Exhibit } from "./exhibit.ts";
import { recordsOf } from "./log-bytes.ts";
import { bytesOf, filesMended } from "./log-files.ts";
import { multiWithLogFiles } from "./log.ts";
import { multiWith } from "./multi-exhibits.ts";

const cutAtTheFirstDamage: Exhibit = {
  name: "cut-at-the-first-damage",
  title: "A log is cut off at the first record whose checksum is wrong, wherever that is",
  story:
    "A bad checksum in the tail is what a power failure leaves: the record was never durable, and may go. The same in " +
    "the middle is a disk that lost what it had confirmed. Alagappan and others found that ZooKeeper, LogCabin and etcd " +
    "mix up the two or stop for both; whoever truncates throws away votes that were counted. Jepsen saw NATS JetStream " +
    "lose half of all acknowledged messages so, from one bit in one node's file.",
  source:
    "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage (FAST 2018); Jepsen, NATS 2.12.1 (2025)",
  simulation: multiWithLogFiles((files) => filesMended(files, ".log", cutAtDamage)),
  options: { faults: ["latent-corruption"] },
};

function cutAtDamage(file: OpenFile): void {
  const damaged = [...recordsOf(bytesOf(file))].find(({ isWhole }) => !isWhole);
  if (damaged !== undefined) file.truncate(damaged.at);
}

const lostDiskTakenForNewNode: Exhibit = {
  name: "lost-disk-taken-for-new-node",
  title: "A node whose disk is gone starts empty under its old name, and votes",
  story:
    "A new disk, an empty folder, a container without its volume: the software starts as on its first day. But the others " +
    "count on what this node promised and voted for. Those who ran Paxos in Chubby let a replica that lost its disk " +
    "listen until it had seen a whole round of consensus begin without it. The maintainers of etcd answer who empties " +
    "the folder of a member: never do that, remove the member and add a new one.",
  source:
    "Chandra et al., Paxos Made Live (PODC 2007), §5.1; etcd-io/etcd issue 6982 (2016); the start of a node here asks " +
    "`requireLog`",
  simulation: multiWith({ memory: () => undefined }),
  options: { faults: ["disk-lost"] },
};

export const logDamageExhibits: readonly Exhibit[] = [cutAtTheFirstDamage, lostDiskTakenForNewNode];
