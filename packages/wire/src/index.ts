/**
 * Messages to bytes and back.
 */
export * from "./bytes.ts";
