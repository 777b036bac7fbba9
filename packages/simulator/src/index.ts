/**
 * A deterministic stage for the real roles, and the scenarios that are played on it.
 */
export * from "./actor.ts";
export * from "./disk.ts";
export * from "./draw.ts";
export * from "./random.ts";
export * from "./scenarios/index.ts";
export * from "./show.ts";
export * from "./stage.ts";
export * from "./trace.ts";
