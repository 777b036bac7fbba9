/**
 * Replicated state machines, client sessions, and what a node's replica is made of.
 */
export * from "./machine.ts";
export { KeyValueMachine, newKeyValueMachine } from "./key-value.ts";
export {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodePut,
  readInteger,
  readOk,
  readValue,
} from "./key-value-format.ts";
export { LimitError } from "./limit-error.ts";
export { newInterference } from "./interference.ts";
export { encodeJson, jsonMachine, readJson, type JsonMachineOptions } from "./json.ts";
export {
  addressRequest,
  encodeOpen,
  encodeRead,
  numberRead,
  QueryWriter,
  RequestWriter,
  type RequestHeader,
  type Sender,
} from "./entries.ts";
export { ReplyReader, type Reply, type ReplyVisitor } from "./replies.ts";
export { Replica, type ReplicaCounters, type ReplicaOptions, type Respond } from "./replica.ts";
export { SnapshotMismatch } from "./replica-snapshot.ts";
