/**
 * All scenarios. A protocol adds its own here.
 */
import type { Scenario } from "../trace.ts";
import { basicScenarios } from "./basic.ts";

export const scenarios: readonly Scenario[] = [...basicScenarios];
