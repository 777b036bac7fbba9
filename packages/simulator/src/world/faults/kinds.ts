/**
 * All kinds of faults there are.
 */
import { diskFaults } from "./disk.ts";
import type { FaultKind } from "./fault.ts";
import { networkFaults } from "./network.ts";
import { peopleFaults } from "./people.ts";
import { processFaults } from "./process.ts";

export const faultKinds: readonly FaultKind[] = [...networkFaults, ...diskFaults, ...processFaults, ...peopleFaults];

/** What is injected unless it is told: all that the protocols must bear. */
export const usualFaults: readonly string[] = faultKinds
  .filter(({ onlyByName }) => onlyByName !== true)
  .map(({ name }) => name);
