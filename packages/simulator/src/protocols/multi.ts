/**
 * Multi-Paxos in the world: the replicated state machine, with its sessions, snapshots and clients.
 */
import { addressOf, flexible, majority, multi, nodeOf, timing, type QuorumSystem } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { FileLog, FileSnapshots, type FileLayer, type SnapshotStore } from "@synod/storage";
import { ConsensusChecker } from "../check/consensus.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { keyValueWorkload } from "./key-value.ts";
import { MultiWatcher } from "./multi-watcher.ts";
import { SessionPerson } from "./session-person.ts";

type MultiCast = Cast<multi.Message, multi.Entry, multi.Delivery>;

const roles = ["proposer", "acceptor", "learner"] as const;

export const multiProtocol: SimulatedProtocol<multi.Message, multi.Entry, multi.Delivery> = {
  name: "multi",
  layout: multi.layout,
  asEntry: multi.asEntry,
  slotOf: multi.slotOf,
  seconds: [1, 6],
  cast,
};

function cast(setting: Setting): MultiCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const configuration = drawConfiguration(randomness, setting.nodes);
  const { nodes, quorums } = configuration;
  const consensus = new ConsensusChecker(quorums, report);
  const replicas = new Map<number, Replica>();
  const snapshotBytes = randomness.pick([200, 2000, 20_000]);
  let unique = 0;
  return {
    nodes,
    roles,
    spareNodes: nodes.length - Math.max(quorums.phase1, quorums.phase2),
    progressTicks: 3000,
    people: randomness.integer(2, 5),
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher: new MultiWatcher(consensus, reached),
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return new multi.Proposer(configuration, node, random);
        case "acceptor":
          return new multi.Acceptor(configuration, node);
        case "learner":
          return new multi.Learner(configuration, node);
      }
    },
    backing(role, life) {
      if (!(role instanceof multi.Learner)) return undefined;
      const node = nodeOf(life.address);
      return (front) => {
        const replica = new Replica({ machine: machine(), node });
        replicas.set(node, replica);
        return new Replication({
          ...front,
          learner: role,
          replica,
          snapshots: openSnapshots(life),
          later: life.later,
          refused: () => reached.count("refused-snapshots"),
          snapshotBytes,
        });
      };
    },
    openLog: ({ folder, files }) => new FileLog(`${folder}/log`, files),
    newPerson: (surroundings) => new SessionPerson(surroundings, nodes, workload, () => (unique += 1)),
    unsettled(isUp) {
      const up = nodes.filter((node) => isUp(addressOf("learner", node))).flatMap((node) => replicas.get(node) ?? []);
      const slots = up.map(({ appliedSlot }) => appliedSlot);
      if (new Set(slots).size > 1) return `the replicas have applied up to slots ${slots.join(", ")}`;
      return undefined;
    },
    finalCheck() {
      const digests = [...replicas].map(([node, replica]) => ({
        node,
        slot: replica.appliedSlot,
        digest: replica.digest(),
      }));
      for (const one of digests) {
        const other = digests.find(({ slot, digest }) => slot === one.slot && digest !== one.digest);
        if (other === undefined) continue;
        report("replicas", `the replicas of nodes ${one.node} and ${other.node} differ after slot ${one.slot}`);
      }
      for (const replica of replicas.values()) reached.count("repeated-requests", replica.counters.repeated);
      reached.count("slots", consensus.chosenThrough);
      reached.count("ballots", consensus.ballots);
    },
  };
}

function openSnapshots({ folder, files }: { readonly folder: string; readonly files: FileLayer }): SnapshotStore {
  return new FileSnapshots(`${folder}/snapshots`, files);
}

function drawConfiguration(randomness: Randomness, given: number | undefined): multi.Configuration {
  const count = given ?? randomness.pick([3, 3, 3, 5, 5, 1, 2, 4]);
  // Hasty elections make leaders compete; the last are the times that nodes use.
  const times = randomness.pick([
    { heartbeatTicks: 2, electionTicks: 5, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 10, retryTicks: 5, catchUpTicks: 2 },
    timing,
  ]);
  return multi.configurationOf(count, {
    quorums: drawQuorums(randomness, count),
    learning: randomness.pick(["distinguished", "every"]),
    timing: times,
  });
}

function drawQuorums(randomness: Randomness, count: number): QuorumSystem {
  if (count < 3 || randomness.chance(0.7)) return majority(count);
  const phase2 = randomness.integer(1, count);
  return flexible(count, Math.min(count, randomness.integer(count - phase2 + 1, count)), phase2);
}
