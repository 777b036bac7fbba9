/**
 * What clients may do that makes it harder.
 */
import type { FaultKind } from "./fault.ts";

export const peopleFaults: readonly FaultKind[] = [];
