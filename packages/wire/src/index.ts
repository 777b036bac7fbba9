/**
 * Messages to bytes and back.
 */
export * from "./bytes.ts";
export * from "./crc32c.ts";
