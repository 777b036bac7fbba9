/**
 * A deterministic world for the real roles: runs with faults that are drawn from a seed and checked, and scenarios that
 * are played on a stage.
 */
export * from "./actor.ts";
export * from "./disk.ts";
export * from "./draw.ts";
export * from "./museum/index.ts";
export * from "./random.ts";
export * from "./report.ts";
export * from "./scenarios/index.ts";
export * from "./show.ts";
export * from "./shrink.ts";
export * from "./simulate.ts";
export * from "./stage.ts";
export * from "./trace.ts";
export type { Fault, FaultGroup } from "./world/faults/fault.ts";
export { faultGroups, faultKinds, resolveFaults, usualFaults } from "./world/faults/kinds.ts";
export type { HistoryEvent } from "./world/history.ts";
export type { Model } from "./world/model.ts";
export { Randomness } from "./world/randomness.ts";
export type { Run, RunOptions } from "./world/run.ts";
export type { Violation } from "./world/violation.ts";
export type { Operation, Workload } from "./world/workload.ts";
