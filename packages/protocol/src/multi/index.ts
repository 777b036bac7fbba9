export * from "./acceptor.ts";
export * from "./configuration.ts";
export * from "./delivery.ts";
export * from "./entries.ts";
export * from "./learner.ts";
export * from "./messages.ts";
export * from "./proposer.ts";
