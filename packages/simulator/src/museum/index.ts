/**
 * The museum: known bugs of consensus, each put back into the code that is right, for the simulator to find.
 */
import { durabilityExhibits } from "./acceptor-durability.ts";
import { promiseExhibits } from "./acceptor-promises.ts";
import { byzantineExhibits } from "./byzantine.ts";
import { cheapExhibits } from "./cheap-exhibits.ts";
import { clientExhibits } from "./clients.ts";
import { commitExhibits } from "./commit-exhibits.ts";
import { electionExhibits } from "./election.ts";
import type { Exhibit } from "./exhibit.ts";
import { fastQuorumExhibits } from "./fast-quorums.ts";
import { fastValueExhibits } from "./fast-values.ts";
import { historyExhibits } from "./generalized.ts";
import { fastByzantineExhibits } from "./fast-byzantine.ts";
import { learnerExhibits } from "./learner.ts";
import { leaseExhibits } from "./leases.ts";
import { logDamageExhibits } from "./log-damage.ts";
import { logErrorExhibits } from "./log-errors.ts";
import { logRecoveryExhibits } from "./log-recovery.ts";
import { logExhibits } from "./log.ts";
import { ballotExhibits } from "./proposer-ballots.ts";
import { quorumExhibits } from "./proposer-quorums.ts";
import { valueExhibits } from "./proposer-values.ts";
import { readExhibits } from "./reads.ts";
import { reconfigurationExhibits } from "./reconfiguration-exhibits.ts";
import { sessionExhibits } from "./sessions.ts";
import { snapshotDamageExhibits } from "./snapshots-damage.ts";
import { snapshotInstallExhibits } from "./snapshots-install.ts";
import { snapshotExhibits } from "./snapshots.ts";

export type { Exhibit } from "./exhibit.ts";
export { acquit, mostSeeds, visit, type Acquittal, type Visit } from "./tour.ts";

const all: readonly Exhibit[] = [
  ...durabilityExhibits,
  ...promiseExhibits,
  ...ballotExhibits,
  ...quorumExhibits,
  ...valueExhibits,
  ...learnerExhibits,
  ...readExhibits,
  ...leaseExhibits,
  ...electionExhibits,
  ...reconfigurationExhibits,
  ...cheapExhibits,
  ...logExhibits,
  ...logRecoveryExhibits,
  ...logErrorExhibits,
  ...logDamageExhibits,
  ...snapshotExhibits,
  ...snapshotInstallExhibits,
  ...snapshotDamageExhibits,
  ...sessionExhibits,
  ...clientExhibits,
  ...byzantineExhibits,
  ...fastByzantineExhibits,
  ...commitExhibits,
  ...fastQuorumExhibits,
  ...fastValueExhibits,
  ...historyExhibits,
];

/**
 * In the order of a tour: the protocol's roles, then what they stand on and who uses them. The members change where that is
 * what a bug is about; elsewhere it would only hide it for longer.
 */
export const exhibits: readonly Exhibit[] = all.map((exhibit) =>
  exhibit.options?.faults === undefined
    ? { ...exhibit, options: { membersChange: false, ...exhibit.options } }
    : exhibit,
);
