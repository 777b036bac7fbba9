/**
 * Signatures of nodes: Ed25519, as Node has it.
 */
export * from "./digest.ts";
export * from "./inline.ts";
export * from "./keys.ts";
export * from "./pool.ts";
export * from "./pooled.ts";
