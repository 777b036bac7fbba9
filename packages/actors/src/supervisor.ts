/**
 * The supervisor of a cluster in one process: spawns its threads, wires every pair of them with message ports,
 * restarts an actor that ends by itself, and kills and restarts actors as it is told.
 */
import type { NodeRole } from "@synod/protocol";
import type { Endpoint } from "@synod/transports";
import { newPath, type PathEnd } from "@synod/transports/message-port";
import { Effect, Exit, Scope } from "effect";
import type { MachineModule, RoleRecovery, RoleReport, WorkerNotice } from "./control.ts";
import { UnknownActor, type ActorError } from "./errors.ts";
import { planThreads, type Placement, type ThreadPlan } from "./placement.ts";
import type { NodePlan, Plan } from "./protocols/hosted.ts";
import { newSeat, newStorage, restartDelayMs, type Seat } from "./seat.ts";
import { Signers, type SigningSettings } from "./signing.ts";
import { showActor, spawnThread, type ActorThread } from "./thread.ts";

export interface SupervisorSettings {
  readonly plan: Plan;
  readonly placement: Placement;
  readonly machine: MachineModule;
  /** Where the protocol signs: with what, and where that is done. */
  readonly signing?: SigningSettings | undefined;
  /** The folder of the cluster; undefined to keep everything in memory. */
  readonly folder: string | undefined;
  /** Bytes of applied values after which a learner takes a snapshot. */
  readonly snapshotBytes: number;
  /** Bytes of a log segment. */
  readonly segmentBytes: number;
  /** Takes what happens unasked, as a sentence for people. */
  readonly onNotice: (notice: string) => void;
  /** A node that was removed has ended, and does not come back. */
  readonly onRemoved?: (node: number) => void;
}

/** A participant outside the threads, such as a client in the main thread. */
interface Guest {
  readonly endpoint: Endpoint;
  readonly connect: (endpoint: Endpoint, path: PathEnd) => void;
  readonly disconnect: (endpoint: Endpoint) => void;
}

export interface ActorState {
  readonly plan: ThreadPlan;
  /** The thread runs. */
  readonly running: boolean;
  /** Roles of it that have stopped because their storage failed. */
  readonly failed: ReadonlySet<NodeRole>;
}

export class Supervisor {
  readonly #settings: SupervisorSettings;
  readonly #scope: Scope.Scope;
  /** Those that there are: the ones of the plan, and who joined, without who has left. */
  readonly #nodes: Map<number, NodePlan>;
  readonly #seats = new Map<Endpoint, Seat>();
  readonly #guests = new Map<Endpoint, Guest>();
  readonly #signers: Signers | undefined;

  private constructor(settings: SupervisorSettings, scope: Scope.Scope, signers: Signers | undefined) {
    this.#settings = settings;
    this.#scope = scope;
    this.#signers = signers;
    const { plan } = settings;
    this.#nodes = new Map(plan.nodes.map((node) => [node.node, node]));
    for (const node of plan.nodes) this.#seat(node);
  }

  /** Starts all threads; they stop when the scope closes. */
  static readonly start = Effect.fnUntraced(function* (
    settings: SupervisorSettings,
  ): Effect.fn.Return<Supervisor, ActorError, Scope.Scope> {
    const { signing } = settings;
    // It ends after the threads that it signs for.
    const signers =
      signing &&
      (yield* Effect.acquireRelease(
        Effect.sync(() => new Signers(signing)),
        (opened) => Effect.promise(() => opened.close()),
      ));
    const supervisor = new Supervisor(settings, yield* Effect.scope, signers);
    yield* supervisor.#spawnAll([...supervisor.#seats.values()]);
    return supervisor;
  });

  /** Every thread of the plan, and whether it runs. */
  get actors(): readonly ActorState[] {
    return Array.from(this.#seats.values(), ({ plan, running, failed }) => ({
      plan,
      running: running !== undefined,
      failed,
    }));
  }

  /** What each running role found when it started last. */
  get recoveries(): readonly { readonly node: number; readonly recovery: RoleRecovery }[] {
    return [...this.#seats.values()].flatMap(({ plan, running }) =>
      (running?.thread.recoveries ?? []).map((recovery) => ({ node: plan.node, recovery })),
    );
  }

  /** The state of every running role; one that ends meanwhile is left out. */
  readonly report: Effect.Effect<readonly RoleReport[]> = Effect.suspend(() =>
    Effect.forEach(
      this.#threads(),
      ([, thread]) =>
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
    const seats = yield* this.#select(node, role);
    yield* Effect.forEach(seats, (seat) => seat.lock.withPermit(this.#end(seat)), { concurrency: "unbounded" });
    return seats.map(({ plan }) => plan);
  });

  /** Starts what does not run, or has failed, of a node's roles, or of one of them. */
  readonly restart = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number, role?: NodeRole) {
    const seats = yield* this.#select(node, role);
    const stopped = seats.filter(({ running, failed }) => running === undefined || failed.size > 0);
    for (const seat of stopped) {
      seat.ends = [];
      if (seat.failed.size > 0) yield* seat.lock.withPermit(this.#end(seat));
    }
    yield* this.#spawnAll(stopped);
    return stopped.map(({ plan }) => plan);
  });

  /** Starts the threads of a node that is to join, and wires them with all the others; what runs of it goes on. */
  readonly add = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: NodePlan) {
    if (!this.#nodes.has(node.node)) {
      this.#nodes.set(node.node, node);
      this.#seat(node);
    }
    yield* this.restart(node.node);
  });

  /**
   * A node is no member any more. It stops by itself, once nobody needs it; one whose proposer is down cannot hear that,
   * and ends now.
   */
  readonly leaves = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number) {
    const proposer = this.#seatsOf(node, "proposer")[0];
    if (proposer?.running !== undefined && !proposer.failed.has("proposer")) return;
    yield* this.#retire(node, "it was down");
  });

  /** A node that was to join is no member, and shall not go on: it ends in good order, and may be added again. */
  readonly turnsAway = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number, why: string) {
    const seats = this.#seatsOf(node);
    if (seats.every(({ running }) => running === undefined)) return;
    yield* this.#endAll(seats);
    this.#settings.onNotice(`node ${node} has stopped: ${why}`);
  });

  /** Wires a participant outside the threads with all of them, now and whenever one restarts. */
  readonly admit = Effect.fnUntraced({ self: this }, function* (this: Supervisor, guest: Guest) {
    this.#guests.set(guest.endpoint, guest);
    for (const [endpoint, thread] of this.#threads()) yield* Effect.ignore(this.#wireGuest(guest, endpoint, thread));
  });

  readonly dismiss = Effect.fnUntraced({ self: this }, function* (this: Supervisor, endpoint: Endpoint) {
    this.#guests.delete(endpoint);
    for (const [, thread] of this.#threads()) yield* Effect.ignore(thread.disconnect(endpoint));
  });

  #threads(): readonly (readonly [Endpoint, ActorThread])[] {
    return [...this.#seats].flatMap(([endpoint, { running }]) =>
      running === undefined ? [] : [[endpoint, running.thread] as const],
    );
  }

  #select(node: number, role?: NodeRole): Effect.Effect<readonly Seat[], UnknownActor> {
    const found = this.#nodes.get(node);
    if (found === undefined) {
      const known = [...this.#nodes.keys()].join(", ");
      return Effect.fail(new UnknownActor({ message: `no node ${node}: expected one of ${known}` }));
    }
    if (role !== undefined && !found.roles.includes(role)) {
      const message = `node ${node} has no ${role}: expected one of ${found.roles.join(", ")}`;
      return Effect.fail(new UnknownActor({ message }));
    }
    return Effect.succeed(this.#seatsOf(node, role));
  }

  #seatsOf(node: number, role?: NodeRole): readonly Seat[] {
    return [...this.#seats.values()].filter(
      ({ plan }) => plan.node === node && (role === undefined || plan.roles.includes(role)),
    );
  }

  #seat(node: NodePlan): void {
    const { placement, folder } = this.#settings;
    for (const thread of planThreads([node], placement)) {
      this.#seats.set(thread.endpoint, newSeat(thread, newStorage(folder, thread.node, thread.roles)));
    }
  }

  /** Ends what runs of a node, in good order and for good. */
  readonly #retire = Effect.fnUntraced({ self: this }, function* (this: Supervisor, node: number, why: string) {
    const seats = this.#seatsOf(node);
    if (!this.#nodes.delete(node)) return;
    yield* this.#endAll(seats);
    const { onNotice, onRemoved } = this.#settings;
    onNotice(`node ${node} was removed: ${why}`);
    onRemoved?.(node);
    for (const { plan } of seats) {
      this.#seats.delete(plan.endpoint);
      for (const [, thread] of this.#threads()) yield* Effect.ignore(thread.disconnect(plan.endpoint));
    }
  });

  #spawnAll(seats: readonly Seat[]): Effect.Effect<void, ActorError> {
    return Effect.forEach(
      seats,
      (seat) => {
        seat.wanted = true;
        return seat.lock.withPermit(this.#spawn(seat));
      },
      { concurrency: "unbounded", discard: true },
    );
  }

  /** Ends what runs there, in good order. */
  #endAll(seats: readonly Seat[]): Effect.Effect<void> {
    return Effect.forEach(seats, (seat) => seat.lock.withPermit(this.#end(seat, "stop")), {
      concurrency: "unbounded",
      discard: true,
    });
  }

  /** Ends what runs there: at whatever it is doing, or in good order. */
  #end(seat: Seat, how: "kill" | "stop" = "kill"): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { running } = seat;
      seat.wanted = false;
      if (running === undefined) return Effect.void;
      this.#forget(seat);
      const close = Scope.close(running.scope, Exit.void);
      return how === "stop" ? close : Effect.andThen(running.thread.kill, close);
    });
  }

  /** Starts what shall run there and does not. */
  #spawn(seat: Seat): Effect.Effect<void, ActorError> {
    const { placement, machine, snapshotBytes, segmentBytes } = this.#settings;
    const { protocol, settings: configuration } = this.#settings.plan;
    return Effect.gen({ self: this }, function* () {
      if (!seat.wanted || seat.running !== undefined) return;
      const { plan, storage } = seat;
      const scope = yield* Scope.fork(this.#scope);
      const again = seat.started;
      const settings = {
        ...plan,
        placement,
        protocol,
        configuration,
        machine,
        signing: this.#signers?.signingOf(plan.node),
        storage,
        again,
        snapshotBytes,
        segmentBytes,
      };
      const thread = yield* spawnThread(settings, (notice) => this.#noticed(seat, notice)).pipe(
        Scope.provide(scope),
        Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
      );
      // Taken in one step, so that of two threads that start together the later one wires the pair.
      const others = this.#threads();
      seat.running = { thread, scope };
      seat.started = true;
      yield* Effect.forkIn(this.#watch(seat, thread), this.#scope);
      // A thread that ends while it is wired is the watcher's business.
      for (const [endpoint, other] of others) {
        const [here, there] = newPath();
        yield* Effect.ignore(thread.connect(endpoint, here));
        yield* Effect.ignore(other.connect(plan.endpoint, there));
      }
      for (const guest of this.#guests.values()) yield* Effect.ignore(this.#wireGuest(guest, plan.endpoint, thread));
    });
  }

  #noticed(seat: Seat, notice: WorkerNotice): void {
    if (notice.kind === "failed") seat.failed.add(notice.role);
    if (notice.kind === "removed") {
      Effect.runFork(Effect.forkIn(this.#retire(seat.plan.node, notice.message), this.#scope));
      return;
    }
    this.#settings.onNotice(showNotice(seat.plan, notice));
  }

  /** An actor that ends without having been told to is started again, unless it keeps ending. */
  #watch(seat: Seat, thread: ActorThread): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const why = yield* thread.ended;
      const { running, plan } = seat;
      if (running?.thread !== thread) return;
      this.#forget(seat);
      yield* Scope.close(running.scope, Exit.void);
      yield* this.#startAgain(seat, `${showActor(plan)} ended: ${why}`);
    });
  }

  #startAgain(seat: Seat, what: string): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const delayMs = restartDelayMs(seat, performance.now());
      if (delayMs === undefined) {
        const { onNotice } = this.#settings;
        return onNotice(`${what}; it did so ${seat.ends.length} times and stays down until it is restarted`);
      }
      this.#settings.onNotice(`${what}; starting it again`);
      yield* Effect.sleep(delayMs);
      yield* seat.lock
        .withPermit(this.#spawn(seat))
        .pipe(Effect.catchTag("ActorError", ({ message }) => this.#startAgain(seat, message)));
    });
  }

  #forget(seat: Seat): void {
    seat.running = undefined;
    seat.failed = new Set();
    for (const guest of this.#guests.values()) guest.disconnect(seat.plan.endpoint);
  }

  #wireGuest(guest: Guest, endpoint: Endpoint, thread: ActorThread): Effect.Effect<void, ActorError> {
    return Effect.suspend(() => {
      const [here, there] = newPath();
      guest.connect(endpoint, here);
      return thread.connect(guest.endpoint, there);
    });
  }
}

function showNotice({ node }: ThreadPlan, { kind, role, message }: WorkerNotice): string {
  if (kind === "failed") return `node ${node} ${role} stopped: ${message}`;
  return `node ${node} ${role} refused another learner's snapshot: ${message}`;
}
