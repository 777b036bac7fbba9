export * from "./configuration.ts";
export * from "./messages.ts";
export * from "./place.ts";
export * as paxosCommit from "./paxos-commit/index.ts";
export * as primaryBackup from "./primary-backup/index.ts";
export * as threePhase from "./three-phase/index.ts";
export * as twoPhase from "./two-phase/index.ts";
