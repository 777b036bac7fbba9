/**
 * The checkers of a run of Multi-Paxos.
 */
import type { QuorumSystem } from "@synod/protocol";
import { ConsensusChecker } from "../check/consensus.ts";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";
import { ReplicaCheckers } from "./replica-checkers.ts";

export class MultiCheckers extends ReplicaCheckers<ConsensusChecker> {
  constructor(quorums: QuorumSystem, logBytes: number, report: Report, reached: Tally) {
    super({
      newConsensus: (to, asked) => new ConsensusChecker(quorums, to, asked),
      mayBeLost: quorums.acceptors - Math.max(quorums.phase1, quorums.phase2),
      logBytes,
      report,
      reached,
    });
  }
}
