export * from "./acceptor.ts";
export * from "./delay.ts";
export * from "./delivery.ts";
export * from "./entries.ts";
export * from "./learner.ts";
export * from "./learning.ts";
export * from "./messages.ts";
export * from "./proposer.ts";
