/**
 * Replicated state machines.
 */
export * from "./machine.ts";
