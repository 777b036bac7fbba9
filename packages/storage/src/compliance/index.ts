/**
 * The compliance suites: what a user's own Log or SnapshotStore must do to be used in place of ours.
 */
export * from "./log-suite.ts";
export type { ComplianceCase, NewPlace, Place } from "./place.ts";
export * from "./snapshot-suite.ts";
