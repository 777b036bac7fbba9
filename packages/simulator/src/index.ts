/**
 * A deterministic world for the real roles: runs with faults that are drawn from a seed and checked, and scenarios that
 * are played on a stage.
 */
export { encodeJson, jsonMachine, readJson, type JsonMachineOptions, type StateMachine } from "@synod/machines";
export * from "./actor.ts";
export { checkHistory, type CheckOptions, type Verdict } from "./check/linearizability.ts";
export * from "./cost.ts";
export * from "./disk.ts";
export * from "./draw.ts";
export * from "./ending.ts";
export * from "./museum/index.ts";
export { keyValueModel, type Stored } from "./protocols/key-value-model.ts";
export { keyValueWorkload } from "./protocols/key-value.ts";
export * from "./random.ts";
export * from "./report.ts";
export * from "./scenarios/index.ts";
export * from "./show.ts";
export * from "./shrink.ts";
export * from "./simulate.ts";
export * from "./stage.ts";
export * from "./trace.ts";
export { microsecondsPerSecond } from "./world/clock.ts";
export type { Fault, FaultGroup } from "./world/faults/fault.ts";
export { faultGroups, faultKinds, resolveFaults, usualFaults } from "./world/faults/kinds.ts";
export { HistoryError, readHistory, writeHistory } from "./world/history-lines.ts";
export type { HistoryEvent } from "./world/history.ts";
export * from "./world/json-workload.ts";
export * from "./world/model.ts";
export { Randomness } from "./world/randomness.ts";
export type { Lived } from "./world/process.ts";
export type { Run, RunOptions } from "./world/run.ts";
export type { Period, Violation } from "./world/violation.ts";
export { WorkloadError, type Operation, type Workload } from "./world/workload.ts";
