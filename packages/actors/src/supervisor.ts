/**
 * The supervisor of a cluster in one process: spawns its threads, wires every pair of them with message ports,
 * restarts an actor that ends by itself, and kills and restarts actors as it is told.
 */
import type { multi } from "@synod/protocol";
import { newMemoryLogArea, newMemorySnapshotArea } from "@synod/storage";
import type { Endpoint } from "@synod/transports";
import { newPath, type PathEnd } from "@synod/transports/message-port";
import { Effect, Exit, Schedule, Scope } from "effect";
import { join } from "node:path";
import type { MachineModule, RoleRecovery, RoleReport, RoleStorage, WorkerNotice } from "./control.ts";
import { UnknownActor, type ActorError } from "./errors.ts";
import { planThreads, type NodeRole, type Placement, type ThreadPlan } from "./placement.ts";
import { showActor, spawnThread, type ActorThread } from "./thread.ts";

export interface SupervisorSettings {
  readonly configuration: multi.Configuration;
  readonly placement: Placement;
  readonly machine: MachineModule;
  /** The folder of the cluster; undefined to keep everything in memory. */
  readonly folder: string | undefined;
  /** Bytes of applied values after which a learner takes a snapshot. */
  readonly snapshotBytes: number;
  /** Bytes of a log segment. */
  readonly segmentBytes: number;
  /** Takes what happens unasked, as a sentence for people. */
  readonly onNotice: (notice: string) => void;
}

/** A thread that runs, with the scope that ends it. */
interface Running {
  readonly thread: ActorThread;
  readonly scope: Scope.Closeable;
}

/** A participant outside the threads, such as a client in the main thread. */
interface Guest {
  readonly endpoint: Endpoint;
  readonly connect: (endpoint: Endpoint, path: PathEnd) => void;
  readonly disconnect: (endpoint: Endpoint) => void;
}

export interface ActorState {
  readonly plan: ThreadPlan;
  readonly running: boolean;
}

/** After these tries within a short time an actor that keeps ending is left alone. */
const restarts = { schedule: Schedule.exponential("50 millis"), times: 5 };

export class Supervisor {
  readonly #settings: SupervisorSettings;
  readonly #scope: Scope.Scope;
  readonly #plans: readonly ThreadPlan[];
  readonly #storage: ReadonlyMap<number, Readonly<Record<NodeRole, RoleStorage>>>;
  readonly #running = new Map<Endpoint, Running>();
  readonly #guests = new Map<Endpoint, Guest>();

  private constructor(settings: SupervisorSettings, scope: Scope.Scope) {
    this.#settings = settings;
    this.#scope = scope;
    this.#plans = planThreads(settings.configuration.nodes, settings.placement);
    // Volatile storage belongs to the process: an actor that is killed comes back with what it promised.
    this.#storage = new Map(settings.configuration.nodes.map((node) => [node, newStorage(settings.folder, node)]));
  }

  /** Starts all threads; they stop when the scope closes. */
  static readonly start = Effect.fnUntraced(function* (
    settings: SupervisorSettings,
  ): Effect.fn.Return<Supervisor, ActorError, Scope.Scope> {
    const supervisor = new Supervisor(settings, yield* Effect.scope);
    yield* Effect.forEach(supervisor.#plans, (plan) => supervisor.#spawn(plan), { concurrency: "unbounded" });
    return supervisor;
  });

  /** Every thread of the plan, and whether it runs. */
  get actors(): readonly ActorState[] {
    return this.#plans.map((plan) => ({ plan, running: this.#running.has(plan.endpoint) }));
  }

  /** What each running role found when it started last. */
  get recoveries(): readonly { readonly node: number; readonly recovery: RoleRecovery }[] {
    return this.#plans.flatMap((plan) =>
      (this.#running.get(plan.endpoint)?.thread.recoveries ?? []).map((recovery) => ({ node: plan.node, recovery })),
    );
  }

  /** The state of every running role; one that ends meanwhile is left out. */
  readonly report: Effect.Effect<readonly RoleReport[]> = Effect.suspend(() =>
    Effect.forEach(
      [...this.#running.values()],
      ({ thread }) =>
        thread.report.pipe(
          Effect.map(({ roles, ...ofThread }) =>
            roles.map((role) => ({ ...role, status: { ...role.status, ...ofThread } })),
          ),
          Effect.catchTag("ActorError", () => Effect.succeed([])),
        ),
      { concurrency: "unbounded" },
    ).pipe(Effect.map((reports) => reports.flat())),
  );

  /** Ends the threads that hold a node's roles, or one of them, at whatever they are doing. */
  readonly kill = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number, role?: NodeRole) {
    const plans = yield* this.#select(node, role);
    for (const plan of plans) {
      const running = this.#running.get(plan.endpoint);
      if (running === undefined) continue;
      this.#forget(plan.endpoint);
      yield* running.thread.kill;
      yield* Scope.close(running.scope, Exit.void);
    }
    return plans;
  });

  /** Starts what does not run of a node's roles, or of one of them. */
  readonly restart = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number, role?: NodeRole) {
    const plans = yield* this.#select(node, role);
    const stopped = plans.filter(({ endpoint }) => !this.#running.has(endpoint));
    yield* Effect.forEach(stopped, (plan) => this.#spawn(plan), { concurrency: "unbounded" });
    return stopped;
  });

  /** Wires a participant outside the threads with all of them, now and whenever one restarts. */
  readonly admit = Effect.fnUntraced({ self: this }, function* (this: Supervisor, guest: Guest) {
    this.#guests.set(guest.endpoint, guest);
    for (const [endpoint, { thread }] of this.#running) yield* this.#wireGuest(guest, endpoint, thread);
  });

  readonly dismiss = Effect.fnUntraced({ self: this }, function* (this: Supervisor, endpoint: Endpoint) {
    this.#guests.delete(endpoint);
    for (const { thread } of this.#running.values()) yield* Effect.ignore(thread.disconnect(endpoint));
  });

  #select(node: number, role?: NodeRole): Effect.Effect<readonly ThreadPlan[], UnknownActor> {
    const { nodes } = this.#settings.configuration;
    if (!nodes.includes(node)) {
      return Effect.fail(new UnknownActor({ message: `no node ${node}: expected one of ${nodes.join(", ")}` }));
    }
    return Effect.succeed(
      this.#plans.filter((plan) => plan.node === node && (role === undefined || plan.roles.includes(role))),
    );
  }

  #spawn(plan: ThreadPlan): Effect.Effect<void, ActorError> {
    const { configuration, placement, machine, snapshotBytes, segmentBytes, onNotice } = this.#settings;
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.fork(this.#scope);
      const storage = this.#storage.get(plan.node);
      if (storage === undefined) return;
      const settings = { ...plan, placement, configuration, machine, storage, snapshotBytes, segmentBytes };
      const thread = yield* spawnThread(settings, (notice) => onNotice(showNotice(plan, notice))).pipe(
        Scope.provide(scope),
        Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
      );
      // Taken in one step, so that of two threads that start together the later one wires the pair.
      const others = [...this.#running];
      this.#running.set(plan.endpoint, { thread, scope });
      for (const [endpoint, other] of others) {
        const [here, there] = newPath();
        yield* thread.connect(endpoint, here);
        yield* Effect.ignore(other.thread.connect(plan.endpoint, there));
      }
      for (const guest of this.#guests.values()) yield* this.#wireGuest(guest, plan.endpoint, thread);
      yield* Effect.forkIn(this.#watch(plan, thread), this.#scope);
    });
  }

  /** An actor that ends without having been told to is started again. */
  #watch(plan: ThreadPlan, thread: ActorThread): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const why = yield* thread.ended;
      if (this.#running.get(plan.endpoint)?.thread !== thread) return;
      this.#forget(plan.endpoint);
      this.#settings.onNotice(`${showActor(plan)} ended: ${why}; starting it again`);
      yield* this.#spawn(plan).pipe(
        Effect.retry(restarts),
        Effect.catchTag("ActorError", ({ message }) =>
          Effect.sync(() => this.#settings.onNotice(`${message}; it stays down until it is restarted`)),
        ),
      );
    });
  }

  #forget(endpoint: Endpoint): void {
    this.#running.delete(endpoint);
    for (const guest of this.#guests.values()) guest.disconnect(endpoint);
  }

  #wireGuest(guest: Guest, endpoint: Endpoint, thread: ActorThread): Effect.Effect<void, ActorError> {
    return Effect.suspend(() => {
      const [here, there] = newPath();
      guest.connect(endpoint, here);
      return thread.connect(guest.endpoint, there);
    });
  }
}

function newStorage(folder: string | undefined, node: number): Readonly<Record<NodeRole, RoleStorage>> {
  const ofRole = (role: NodeRole): RoleStorage =>
    folder === undefined
      ? { kind: "memory", log: newMemoryLogArea(), snapshots: newMemorySnapshotArea() }
      : { kind: "file", folder: join(folder, `node-${node}`, role) };
  return { proposer: ofRole("proposer"), acceptor: ofRole("acceptor"), learner: ofRole("learner") };
}

function showNotice({ node }: ThreadPlan, { kind, role, message }: WorkerNotice): string {
  if (kind === "failed") return `node ${node} ${role} stopped: ${message}`;
  return `node ${node} ${role} refused another learner's snapshot: ${message}`;
}
