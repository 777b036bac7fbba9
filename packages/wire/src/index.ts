/**
 * Messages to bytes and back.
 */
export * from "./bytes.ts";
export * from "./codec.ts";
export * from "./crc32c.ts";
export * from "./frame.ts";
