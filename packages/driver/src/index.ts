/**
 * The loop that runs every role everywhere.
 */
export * from "./driver.ts";
