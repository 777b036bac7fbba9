/**
 * The loop that runs every role everywhere.
 */
export * from "./driver.ts";
export * from "./host.ts";
export * from "./leaving.ts";
export * from "./membership-snapshot.ts";
export * from "./replication.ts";
export * from "./role-actor.ts";
export * from "./sealing.ts";
