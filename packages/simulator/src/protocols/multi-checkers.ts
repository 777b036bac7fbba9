/**
 * The checkers of a run of Multi-Paxos.
 */
import { mayBeLost, type QuorumSystem } from "@synod/protocol";
import { ConsensusChecker } from "../check/consensus.ts";
import type { Changes } from "../check/electorates.ts";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";

export class MultiCheckers extends ReplicaCheckers<ConsensusChecker> {
  /** @param membersChange whether they do in this run: then nobody can tell which snapshots will be left */
  constructor(
    quorums: QuorumSystem,
    changes: Changes,
    membersChange: boolean,
    logBytes: number,
    report: Report,
    reached: Tally,
  ) {
    super({
      newConsensus: (to, asked) => new ConsensusChecker(quorums, to, asked, undefined, changes),
      mayBeLost: membersChange ? 0 : mayBeLost(quorums),
      logBytes,
      report,
      reached,
    });
  }
}
