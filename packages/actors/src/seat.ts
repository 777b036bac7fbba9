/**
 * A seat: the place of one worker thread in the plan, whether or not a thread is there now.
 */
import type { NodeRole } from "@synod/protocol";
import { newMemoryLogArea, newMemorySnapshotArea } from "@synod/storage";
import { Semaphore, type Scope } from "effect";
import { join } from "node:path";
import type { RoleStorage } from "./control.ts";
import type { ThreadPlan } from "./placement.ts";
import type { ActorThread } from "./thread.ts";

export type NodeStorage = Readonly<Partial<Record<NodeRole, RoleStorage>>>;

/** A thread that runs, with the scope that ends it. */
export interface Running {
  readonly thread: ActorThread;
  readonly scope: Scope.Closeable;
}

/** A thread of the plan, and what is there now. */
export interface Seat {
  readonly plan: ThreadPlan;
  readonly storage: NodeStorage;
  /** Who starts or ends what is there does it alone. */
  readonly lock: Semaphore.Semaphore;
  /** It is to run: nobody has killed it. */
  wanted: boolean;
  /** It has run. */
  started: boolean;
  running: Running | undefined;
  failed: Set<NodeRole>;
  /** When it ended by itself lately, in milliseconds of `performance.now()`. */
  ends: number[];
}

export function newSeat(plan: ThreadPlan, storage: NodeStorage): Seat {
  return {
    plan,
    storage,
    lock: Semaphore.makeUnsafe(1),
    wanted: false,
    started: false,
    running: undefined,
    failed: new Set(),
    ends: [],
  };
}

/** What a node keeps. Volatile storage belongs to the process: an actor that is killed comes back with what it promised. */
export function newStorage(folder: string | undefined, node: number, roles: readonly NodeRole[]): NodeStorage {
  const ofRole = (role: NodeRole): RoleStorage =>
    folder === undefined
      ? { kind: "memory", log: newMemoryLogArea(), snapshots: newMemorySnapshotArea() }
      : { kind: "file", folder: join(folder, `node-${node}`, role) };
  return Object.fromEntries(roles.map((role) => [role, ofRole(role)]));
}

/** An actor that keeps ending is started again at once, then after these times, then left alone. */
const restartDelaysMs = [0, 50, 100, 200, 400];
/** Ends longer ago than this count no more. */
const recentMs = 10_000;

/** Notes that what was there has ended by itself; how long to wait, in milliseconds, or undefined to leave it alone. */
export function restartDelayMs(seat: Seat, now: number): number | undefined {
  seat.ends = [...seat.ends.filter((end) => end > now - recentMs), now];
  return restartDelaysMs[seat.ends.length - 1];
}
