/**
 * A cluster in one process: nodes with their roles in worker threads, supervised, durable in a folder.
 *
 * `Cluster.start` is for programs that use promises, `Cluster.scoped` and `Cluster.layer` for those that use Effect;
 * both are the same cluster.
 */
import { nodeRoles, type Access, type NodeRole } from "@synod/protocol";
import { endpointOf, Supervisor, UnknownActor, type ActorError } from "@synod/actors";
import type { Plan, RoleRecovery, RoleReport, Service } from "@synod/actors";
import {
  AdministratorClient,
  Connection,
  DecreeClient,
  KeyValue,
  KeyValueClient,
  MachineClient,
  PrimaryClient,
  TransactionClient,
} from "@synod/client";
import type { CallOptions, ChangeMade, ClusterGuest, GuestOptions, MachineCodec } from "@synod/client";
import { StorageError } from "@synod/storage";
import { Context, Effect, Exit, Layer, Scope } from "effect";
import { openFolder } from "./folder.ts";
import { volatileIdentity } from "./identity.ts";
import { Members } from "./members.ts";
import { nobody, Roster } from "./roster.ts";
import { loadMachineName, keyValueModule } from "./machine-module.ts";
import { checkOptions, WrongService, type ClusterOptions, type ConfigurationError } from "./options.ts";

/** Why a cluster did not start. */
export type StartError = ConfigurationError | StorageError | ActorError;

export interface ClusterStatus {
  /** The node that leads, or 0 when none does. */
  readonly leader: number;
  readonly roles: readonly RoleState[];
  /** Messages sent until now by the roles that run, each since its thread began, and by the clients that are there. */
  readonly sentMessages: number;
}

export interface RoleState {
  readonly node: number;
  readonly role: NodeRole;
  /** Its thread runs, and its storage has not failed. */
  readonly running: boolean;
  /** What it reports of itself, if it runs. */
  readonly report: RoleReport | undefined;
}

export interface Recovered {
  readonly node: number;
  readonly recovery: RoleRecovery;
}

export class Cluster implements AsyncDisposable {
  readonly options: Effect.Success<ReturnType<typeof checkOptions>>;
  /** What each role found in the data folder when it started. */
  readonly recovered: readonly Recovered[];
  readonly #supervisor: Supervisor;
  readonly #guests = new Set<ClusterGuest>();
  readonly #roster: Roster;
  readonly #members: Members;
  #clients = 0;
  #closed = false;
  #close: () => Promise<void> = async () => undefined;

  private constructor(options: Cluster["options"], supervisor: Supervisor, roster: Roster) {
    this.options = options;
    this.#supervisor = supervisor;
    this.#roster = roster;
    const { protocol, joiners } = options.plan;
    const newAdministrator = (): AdministratorClient =>
      this.#join((place) => new AdministratorClient({ nodes: () => this.#asked, ...place }));
    this.#members = new Members({ protocol, joiners, roster, supervisor, newAdministrator });
    this.recovered = supervisor.recoveries;
  }

  /** Starts a cluster that stops when its scope closes. */
  static readonly scoped = Effect.fnUntraced(function* (
    options: ClusterOptions = {},
  ): Effect.fn.Return<Cluster, StartError, Scope.Scope> {
    const checked = yield* checkOptions(options);
    const machine = checked.machine ?? keyValueModule;
    const { service } = checked.plan;
    const machineName = service === "store" ? yield* loadMachineName(machine) : service;
    const kept = checked.data === undefined ? undefined : yield* openFolder(checked.data, checked.plan, machineName);
    const { plan, placement, signatures: place, snapshotBytes, segmentBytes, onNotice, data } = checked;
    const identity = kept === undefined ? volatileIdentity(plan) : kept.identity;
    const first = plan.nodes.map(({ node }) => node);
    const roster = new Roster(first, kept?.comings ?? nobody, kept?.keep ?? (() => undefined));
    const supervisor = yield* Supervisor.start({
      plan: planOf(plan, roster.nodes),
      placement,
      machine,
      signing: identity && { ...identity, place },
      folder: data,
      snapshotBytes,
      segmentBytes,
      onNotice,
      onRemoved: (node) => leave(roster, node, onNotice),
    });
    const cluster = new Cluster(checked, supervisor, roster);
    yield* Effect.addFinalizer(() => Effect.sync(() => cluster.#closeGuests()));
    return cluster;
  });

  /** The cluster as a service for Effect programs. */
  static layer(options: ClusterOptions = {}): Layer.Layer<ClusterService, StartError> {
    return Layer.effect(ClusterService, Cluster.scoped(options));
  }

  /**
   * Starts a cluster; rejects with a StartError.
   *
   * @example
   * await using cluster = await Cluster.start({ nodes: 3 });
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    return Effect.runPromise(
      Effect.gen(function* () {
        const scope = yield* Scope.make();
        const cluster = yield* Cluster.scoped(options).pipe(
          Scope.provide(scope),
          Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
        );
        cluster.#close = () => Effect.runPromise(Scope.close(scope, Exit.void));
        return cluster;
      }),
    );
  }

  /** A client of the key-value store. @throws WrongService when the protocol replicates no state machine */
  client(): KeyValueClient {
    return new KeyValueClient(this.#connect());
  }

  /**
   * A client of the state machine that this cluster was given, with the codec of its commands.
   *
   * @throws WrongService when the protocol replicates no state machine
   */
  machineClient<Command, Reply, Query, Answer>(
    codec: MachineCodec<Command, Reply, Query, Answer>,
  ): MachineClient<Command, Reply, Query, Answer> {
    return new MachineClient(this.#connect(), codec);
  }

  /** A client of named decrees. @throws WrongService when the protocol keeps none */
  decrees(): DecreeClient {
    const { nodes } = this.#required("decrees").access;
    return this.#join((place) => new DecreeClient({ nodes, ...place }));
  }

  /** A client of transactions over participants. @throws WrongService when the protocol has none */
  transactions(): TransactionClient {
    const { nodes } = this.#required("transactions");
    // Where nobody is a coordinator of its own kind, any leader can finish what another one began.
    const hasCoordinators = nodes.some(({ roles }) => roles.includes("coordinator"));
    return this.#join(
      (place) =>
        new TransactionClient({
          nodes: nodes.length,
          coordinator: hasCoordinators ? "coordinator" : "proposer",
          anyCoordinator: !hasCoordinators,
          ...place,
        }),
    );
  }

  /** A client of the values that a primary keeps. @throws WrongService when the protocol has no primary */
  values(): PrimaryClient {
    this.#required("values");
    return this.#join((place) => new PrimaryClient(place));
  }

  async status(): Promise<ClusterStatus> {
    const reports = await Effect.runPromise(this.#supervisor.report);
    const roles = this.#supervisor.actors.flatMap(({ plan, running, failed }) =>
      plan.roles.map((role) => ({
        node: plan.node,
        role,
        running: running && !failed.has(role),
        report: reports.find((report) => report.node === plan.node && report.role === role),
      })),
    );
    return { leader: leaderOf(reports), roles: roles.toSorted(inOrder), sentMessages: this.#sentMessages(reports) };
  }

  /** Ends a node, or one of its roles, at whatever it is doing. Rejects with UnknownActor. */
  async kill(node: number, role?: NodeRole): Promise<void> {
    this.#checkRole(role);
    await Effect.runPromise(this.#supervisor.kill(node, role));
  }

  /** Starts again what does not run of a node, or one of its roles. */
  async restart(node: number, role?: NodeRole): Promise<void> {
    this.#checkRole(role);
    await Effect.runPromise(this.#supervisor.restart(node, role));
  }

  /**
   * Starts a node and has it voted in, while all else goes on; its number is above all that there ever were. Resolves once
   * that is in force. Rejects with ChangeRefused, with NoQuorum, Timeout or Cancelled of clients, with ActorError or
   * StorageError.
   */
  add(node: number, options?: CallOptions): Promise<ChangeMade> {
    return this.#members.change({ add: node, remove: 0 }, options);
  }

  /** Has a node voted out; it stops by itself once nobody needs it. Rejects as `add` does. */
  remove(node: number, options?: CallOptions): Promise<ChangeMade> {
    return this.#members.change({ add: 0, remove: node }, options);
  }

  /** Has a new node take the place of one whose disk is lost, or that is to go. Rejects as `add` does. */
  replace(old: number, node: number, options?: CallOptions): Promise<ChangeMade> {
    return this.#members.change({ add: node, remove: old }, options);
  }

  /** Stops everything in good order. A cluster made with `scoped` or `layer` stops with its scope. */
  async close(): Promise<void> {
    const close = this.#close;
    this.#close = async () => undefined;
    await close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @throws WrongService when the protocol replicates no state machine */
  #connect(): Connection {
    const asked = (): readonly number[] => this.#asked;
    const { access: first, joiners } = this.#required("store");
    const access: Access =
      joiners === undefined
        ? first
        : {
            ...first,
            get nodes() {
              return asked();
            },
          };
    return this.#join((place) => new Connection({ access, ...place }));
  }

  /** The nodes that there are now and have a proposer, which is whom clients ask. */
  get #asked(): readonly number[] {
    const { nodes } = planOf(this.options.plan, this.#roster.nodes);
    return nodes.flatMap(({ node, roles }) => (roles.includes("proposer") ? [node] : []));
  }

  #required(wanted: Service): Plan {
    const { plan } = this.options;
    if (plan.service === wanted) return plan;
    throw new WrongService({
      message: `the protocol ${plan.protocol} keeps ${plan.service}, not ${wanted === "store" ? "a store" : wanted}`,
    });
  }

  /** Gives a guest its place among the threads. */
  #join<Guest extends ClusterGuest>(newGuest: (place: GuestOptions) => Guest): Guest {
    this.#clients += 1;
    const { placement, plan } = this.options;
    const guest = newGuest({
      client: this.#clients,
      layout: plan.layout,
      route: (address) => endpointOf(address, placement),
      closed: () => {
        this.#guests.delete(guest);
        Effect.runFork(this.#supervisor.dismiss(guest.endpoint));
      },
    });
    if (this.#closed) {
      guest.close();
      return guest;
    }
    this.#guests.add(guest);
    // A thread that ends while it is wired is wired again when it restarts.
    Effect.runFork(
      this.#supervisor.admit(guest).pipe(
        Effect.ignore,
        Effect.andThen(() => Effect.sync(() => guest.start())),
      ),
    );
    return guest;
  }

  #sentMessages(reports: readonly RoleReport[]): number {
    // Roles that share a thread report the same count.
    const ofThreads = new Map(reports.map(({ thread, status }) => [thread, Number(status["sentMessages"] ?? 0)]));
    const counts = [...ofThreads.values(), ...Array.from(this.#guests, ({ sentMessages }) => sentMessages)];
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #closeGuests(): void {
    this.#closed = true;
    for (const guest of [...this.#guests]) guest.close();
  }

  #checkRole(role: NodeRole | undefined): void {
    if (role === undefined || this.options.placement === "role") return;
    throw new UnknownActor({
      message: `the roles of a node share a thread in this placement: name the node alone, or start with placement "role"`,
    });
  }
}

/** A running cluster, for Effect programs: `yield* ClusterService`. */
export class ClusterService extends Context.Service<ClusterService, Cluster>()("@synod/cluster/ClusterService") {}

/** The key-value store of a running cluster, for Effect programs: `yield* KeyValue`. */
export const keyValueLayer: Layer.Layer<KeyValue, never, ClusterService> = Layer.effect(
  KeyValue,
  Effect.gen(function* () {
    const cluster = yield* ClusterService;
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => cluster.client()),
      (made) => Effect.sync(() => made.close()),
    );
    return KeyValue.over(client);
  }),
);

/** A plan of the nodes that there are now. Who joined knows the first members, as they all do. */
function planOf(plan: Plan, nodes: readonly number[]): Plan {
  const { roles = [] } = plan.joiners ?? {};
  return { ...plan, nodes: nodes.map((node) => plan.nodes.find((each) => each.node === node) ?? { node, roles }) };
}

/** A node that has left starts again as long as that is not durable: then it hears once more that it has to go. */
function leave(roster: Roster, node: number, onNotice: (notice: string) => void): void {
  try {
    roster.leave(node);
  } catch (failure) {
    if (!(failure instanceof StorageError)) throw failure;
    onNotice(`that node ${node} has left is not on disk: ${failure.message}`);
  }
}

/** The node that leads with the highest ballot. */
function leaderOf(reports: readonly RoleReport[]): number {
  let leader = 0;
  let highest = 0;
  for (const { node, role, status } of reports) {
    const ballot = Number(status["ballot"] ?? 0);
    if (role !== "proposer" || status["state"] !== "leading" || ballot <= highest) continue;
    leader = node;
    highest = ballot;
  }
  return leader;
}

function inOrder(one: RoleState, other: RoleState): number {
  return one.node - other.node || nodeRoles.indexOf(one.role) - nodeRoles.indexOf(other.role);
}
