export * from "./configuration.ts";
export * from "./database.ts";
export * from "./entries.ts";
export * from "./messages.ts";
export * from "./server.ts";
export * from "./view-server.ts";
