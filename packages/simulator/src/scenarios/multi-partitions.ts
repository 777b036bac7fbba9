/**
 * The partial partitions that stop some consensus protocols (Ng, Haridi and Carbone, *Omni-Paxos* 2023, §2): as long as
 * some node reaches a quorum, a leader is found that does, and one that does is left alone.
 */
import type { Scenario } from "../trace.ts";
import { acceptor } from "./addresses.ts";
import { multiScenario, type MultiPlay } from "./multi-cast.ts";

const oneRequest = 9;
/** About as long as an election takes. */
const lease = { ticks: 60, drift: 0.1 };

/** Every link between nodes is cut but those of `hub`, and of those the ones to `without`. */
function onlyThrough(play: MultiPlay, hub: number, without: readonly number[] = []): void {
  const { nodes, stage } = play;
  const pairs = nodes.flatMap((one) => nodes.filter((other) => other > one).map((other) => [one, other] as const));
  for (const [one, other] of pairs) {
    const kept = (one === hub && !without.includes(other)) || (other === hub && !without.includes(one));
    if (!kept) stage.cut(one, other);
  }
}

export const partitionScenarios: readonly Scenario[] = [
  multiScenario(
    "quorum-loss",
    "Of five nodes all see only node 3, also the leader: only node 3 can lead",
    () => ({ nodes: 5 }),
    (play) => {
      onlyThrough(play, 3);
      const leader = play.awaitLeader([3]);
      play.request(1, "A", leader);
      play.stage.run(play.stage.now + oneRequest);
      return "The old leader sees no quorum and stands down; node 3, which sees all, leads and the request succeeds.";
    },
  ),
  multiScenario(
    "constrained-election",
    "The leader is cut off, all others see only node 3, and node 3 lacks what was chosen last",
    () => ({ nodes: 5 }),
    (play) => {
      const { stage } = play;
      stage.lose(({ message, to }) => message.kind === "Accept" && to === acceptor(3));
      play.request(1, "A");
      stage.at(3, () => {
        onlyThrough(play, 3, [1]);
        stage.lose(() => false);
      });
      stage.run(3);
      const leader = play.awaitLeader([3]);
      play.request(1, "B", leader);
      stage.run(stage.now + oneRequest);
      return "Node 3 may lead all the same: it learns A in phase 1, finishes it, and B follows.";
    },
  ),
  multiScenario(
    "lease-of-a-cut-off-leader",
    "The leader is cut off with its clients: as long as its lease runs it answers reads, and nobody else can lead",
    () => ({ lease }),
    (play) => {
      const { stage } = play;
      stage.cut(1, 2);
      stage.cut(1, 3);
      for (const time of [10, 40, 70]) stage.at(time, () => play.read(1));
      const next = play.awaitLeader([2, 3]);
      play.request(1, "A", next);
      stage.run(stage.now + oneRequest);
      return "Two reads were answered; for the third the lease was over. The acceptors keep it longer than the leader reckons with it.";
    },
  ),
  multiScenario(
    "chained",
    "A chain: nodes 1 and 3 do not see each other, both see node 2, and node 1 leads",
    () => ({}),
    (play) => {
      const { stage } = play;
      stage.cut(1, 3);
      stage.run(120);
      play.request(1, "A");
      stage.run(stage.now + oneRequest);
      return "Node 3 hears no leader and probes; node 2 hears one, so that node 3 never prepares and node 1 goes on.";
    },
  ),
];
