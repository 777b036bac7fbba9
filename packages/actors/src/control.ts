/**
 * The control plane between a supervisor and a worker thread: what comlink carries. Data never goes this way.
 */
import type { NodeRole, RoleStatus } from "@synod/protocol";
import type { MemoryArea } from "@synod/storage";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import type { Placement } from "./placement.ts";
import type { Signing } from "./signing.ts";

/** Where a role keeps what must survive it: a folder, or memory that outlives the thread but not the process. */
export type RoleStorage =
  | { readonly kind: "file"; readonly folder: string }
  | { readonly kind: "memory"; readonly log: MemoryArea; readonly snapshots: MemoryArea };

/** Where the worker finds the state machine: a module with a named export that makes one. */
export interface MachineModule {
  /** The URL of the module. */
  readonly url: string;
  /** The name of the exported function `() => StateMachine`. */
  readonly factory: string;
}

export interface WorkerSettings {
  readonly node: number;
  readonly roles: readonly NodeRole[];
  readonly placement: Placement;
  readonly endpoint: Endpoint;
  readonly protocol: string;
  /** What the protocol's roles are made with, by its plan. */
  readonly configuration: unknown;
  readonly machine: MachineModule;
  /** Where the protocol signs: what its node signs with. */
  readonly signing: Signing | undefined;
  /** Of each role of the node. */
  readonly storage: Readonly<Partial<Record<NodeRole, RoleStorage>>>;
  /** It starts again: a log that is missing is lost, rather than not made yet. */
  readonly again: boolean;
  /** Bytes of applied values after which a learner takes a snapshot. */
  readonly snapshotBytes: number;
  /** Bytes of a log segment. */
  readonly segmentBytes: number;
}

/** What a role found when it started. */
export interface RoleRecovery {
  readonly role: NodeRole;
  readonly records: number;
  readonly logBytes: number;
  readonly tornBytes: number;
  /** The slot of the snapshot that a learner started from, or 0. */
  readonly snapshotSlot: number;
}

export interface RoleReport {
  readonly node: number;
  readonly role: NodeRole;
  /** The id of the worker thread. */
  readonly thread: number;
  readonly status: RoleStatus;
}

export interface ThreadReport {
  readonly roles: readonly RoleReport[];
  /** The part of time that the thread's event loop was busy since the last report, from 0 to 1. */
  readonly utilization: number;
  /** Messages that its roles have sent. */
  readonly sentMessages: number;
  /** Bytes of the thread's heap that are in use, and of the buffers that it holds beside the heap. */
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

/** What a supervisor may ask of a worker thread. */
export interface WorkerControl {
  /** Opens storage and takes back what survived. The roles take part once this has returned. */
  start(): Promise<readonly RoleRecovery[]>;
  /** Opens, or replaces, the path to another thread or client. */
  connect(endpoint: Endpoint, path: PathEnd): void;
  disconnect(endpoint: Endpoint): void;
  report(): ThreadReport;
  /** Closes storage in good order. */
  stop(): void;
}

/** What a worker tells its supervisor unasked. */
export interface WorkerNotice {
  /**
   * `failed`: storage failed, and the role has stopped. `refused`: a bad snapshot came, and the role goes on. `removed`:
   * the node is no member any more, and may stop.
   */
  readonly kind: "failed" | "refused" | "removed";
  readonly role: NodeRole;
  readonly message: string;
}
