/**
 * All scenarios. A protocol adds its own here.
 */
import type { Scenario } from "../trace.ts";
import { basicScenarios } from "./basic.ts";
import { byzantineScenarios } from "./byzantine.ts";
import { paxosCommitScenarios, threePhaseScenarios, twoPhaseScenarios } from "./commit.ts";
import { fastScenarios } from "./fast.ts";
import { fastByzantineScenarios } from "./fast-byzantine.ts";
import { generalizedScenarios } from "./generalized.ts";
import { cheapScenarios } from "./cheap.ts";
import { failureScenarios } from "./multi-failures.ts";
import { partitionScenarios } from "./multi-partitions.ts";
import { steadyScenarios } from "./multi-steady.ts";
import { primaryBackupScenarios } from "./primary-backup.ts";
import { reconfigurationScenarios } from "./reconfiguration.ts";

export const scenarios: readonly Scenario[] = [
  ...basicScenarios,
  ...byzantineScenarios,
  ...fastByzantineScenarios,
  ...steadyScenarios,
  ...failureScenarios,
  ...partitionScenarios,
  ...reconfigurationScenarios,
  ...paxosCommitScenarios,
  ...twoPhaseScenarios,
  ...threePhaseScenarios,
  ...primaryBackupScenarios,
  ...fastScenarios,
  ...generalizedScenarios,
  ...cheapScenarios,
];
