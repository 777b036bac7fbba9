/**
 * All kinds of faults there are.
 */
import type { FaultKind } from "./fault.ts";
import { networkFaults } from "./network.ts";
import { processFaults } from "./process.ts";

export const faultKinds: readonly FaultKind[] = [...networkFaults, ...processFaults];

/** What is injected unless it is told: all that the protocols must bear. */
export const usualFaults: readonly string[] = faultKinds
  .filter(({ onlyByName }) => onlyByName !== true)
  .map(({ name }) => name);
