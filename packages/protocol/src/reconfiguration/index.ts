export * from "./change.ts";
export * from "./membership.ts";
export * from "./membership-value.ts";
export * from "./memberships.ts";
export * from "./messages.ts";
