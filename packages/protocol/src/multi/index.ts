export * from "./acceptor.ts";
export * from "./configuration.ts";
export * from "./delivery.ts";
export * from "./entries.ts";
export * from "./learner.ts";
export { usualLease, type Lease } from "./lease.ts";
export * from "./messages.ts";
export * from "./proposer.ts";
