/**
 * Exhibits: leases of leaders that somebody does not keep.
 */
import { addressOf, multi } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import type { Fault } from "../world/faults/fault.ts";
import type { MultiParts, MultiRole } from "../protocols/multi.ts";
import { multiWith } from "./multi-exhibits.ts";
import { PatchedRole } from "./patched-role.ts";

/** Longer than an election takes, or it would be over before another leads; with room for the worst clocks. */
const lease: multi.Lease = { ticks: 100, drift: 0.19 };

/** Node 1, which leads in one run of three, is cut off from the others for two seconds. */
const cutOff: Fault = { index: 0, name: "partition", at: 600_000, microseconds: 2_000_000, nodes: [1], amount: 0 };
/** The others end and start again at once. */
const startedAgain: readonly Fault[] = [2, 3].map((node, index) => ({
  index: index + 1,
  name: "node-kill",
  at: 650_000,
  microseconds: 20_000,
  nodes: [node],
  amount: 0,
}));

/** It leads on, whoever it reaches: else it would step down before the mistake shows, and the lease is not there for that. */
function stays(role: MultiRole, nodes: readonly number[]): MultiRole {
  return new PatchedRole(role, () => ({
    step(from, message, step) {
      step(from, message);
      if (message.kind !== "HeartbeatAck") return;
      for (const node of nodes) step(addressOf("acceptor", node), { ...message, round: 0 });
    },
  }));
}

const stayingProposer: MultiParts["proposer"] = (configuration, node, random, clock) =>
  stays(new multi.Proposer(configuration, node, random, { clock }), configuration.nodes);

const withLease = (configuration: multi.Configuration): multi.Configuration => ({ ...configuration, lease });

const promiseInALease: Exhibit = {
  name: "promise-in-a-lease",
  title: "An acceptor promises a ballot to another while a lease that it granted runs",
  story:
    "Consul's leader gave itself a lease: it went on reading until it had heard no quorum for half a second. Nobody kept " +
    "the others from electing another meanwhile, as the Jepsen tests showed. A lease is a promise of those who could make " +
    "somebody else the leader. An acceptor that goes by silence alone, and hears the Prepare of who was hastier, breaks it.",
  source: "hashicorp/raft issue 108, Make leader leases actual leases; sofastack/sofa-jraft issue 25",
  simulation: multiWith({
    configuration: withLease,
    proposer: stayingProposer,
    acceptor: (configuration, node) => new multi.Acceptor({ ...configuration, lease: undefined }, node),
  }),
  options: { nodes: 3, faults: ["partition", "departure"] },
};

const leaseForgotten: Exhibit = {
  name: "lease-forgotten",
  title: "An acceptor that starts again does not reckon with the lease that it may have granted",
  story:
    "A lease is kept in memory, since it is short: to sync each heartbeat would cost more than the round that it saves. So " +
    "whoever starts does not know what it granted a moment ago, and must do nothing against it for as long as any lease " +
    "runs. Gray and Cheriton's file server holds up writes for that time after a crash. Here two acceptors start again and " +
    "elect another leader at once, while the old one, cut off, still reads.",
  source: "Gray and Cheriton, Leases (SOSP 1989), on the recovery of a server",
  simulation: multiWith({
    configuration: withLease,
    proposer: stayingProposer,
    acceptor(configuration, node, clock) {
      let began = -Infinity;
      const role = new multi.Acceptor(configuration, node, () => began + clock());
      began = 0;
      return role;
    },
  }),
  options: { nodes: 3, schedule: [cutOff, ...startedAgain] },
};

const leaseOfALateTimer: Exhibit = {
  name: "lease-of-a-late-timer",
  title: "A leader counts the ticks of its timer to know how long its lease runs, and a busy thread misses nine of ten",
  story:
    "A timer tells that at least so much time has passed, not how much. TiKV's first reads under a lease asked whether the " +
    "last check of the quorum had been good, however long ago that was to a thread held up; jraft's leader stepped down by " +
    "a timer, too late for two seconds. A lease is compared with a clock at each read. This leader counts ticks instead.",
  source: "tikv/tikv issue 964; sofastack/sofa-jraft pull request 34",
  simulation: multiWith({
    configuration: (configuration) => ({ ...configuration, lease: { ...lease, ticks: 20 } }),
    proposer(configuration, node, random) {
      let ticks = 0;
      const clock = (): number => Math.floor(ticks / 10);
      const role = new multi.Proposer(configuration, node, random, { clock });
      return new PatchedRole(stays(role, configuration.nodes), () => ({
        tick() {
          ticks += 1;
        },
      }));
    },
  }),
  options: { nodes: 3, schedule: [cutOff] },
};

export const leaseExhibits: readonly Exhibit[] = [promiseInALease, leaseForgotten, leaseOfALateTimer];
