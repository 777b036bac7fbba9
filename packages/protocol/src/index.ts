/**
 * The Paxos roles as pure, deterministic state machines. Nothing here reads a clock, draws a random number of its
 * own, or touches a network or a disk.
 */
export * from "./address.ts";
export * from "./ballot.ts";
export * from "./commands.ts";
export * from "./digest.ts";
export * from "./layout.ts";
export * from "./output.ts";
export * from "./quorum.ts";
export * from "./value.ts";
export * from "./limits.ts";
export * from "./named-values.ts";
export * from "./replication/index.ts";
export * from "./reconfiguration/index.ts";
export * from "./service.ts";
export * from "./signature.ts";
export * from "./signed-text.ts";
export * as basic from "./basic/index.ts";
export * as byzantine from "./byzantine/index.ts";
export * as fast from "./fast/index.ts";
export * as cheap from "./cheap/index.ts";
export * as multi from "./multi/index.ts";
export * as commit from "./commit/index.ts";
export * as fastByzantine from "./fast-byzantine/index.ts";
export * as generalized from "./generalized/index.ts";
