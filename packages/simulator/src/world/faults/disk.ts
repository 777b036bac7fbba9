/**
 * What may be wrong with the disk of a node.
 */
import type { FaultKind } from "./fault.ts";

export const diskFaults: readonly FaultKind[] = [];
