/**
 * A world: the nodes of a cluster with their real roles, drivers, codec and log format, and its clients, in simulated
 * time, over a simulated network and simulated disks.
 */
import { addressOf, nodeOf, roleOf, showAddress, type Address } from "@synod/protocol";
import type { StorageError } from "@synod/storage";
import { standingDamage } from "@synod/storage/faults";
import type { Endpoint } from "@synod/transports";
import { ByteReader, newCodec, type Codec } from "@synod/wire";
import { microsecondsPerMillisecond, type Clock } from "./clock.ts";
import { NodeDisk } from "./disk.ts";
import type { Ground, Victim } from "./faults/fault.ts";
import { Fingerprint, tickKind } from "./fingerprint.ts";
import { History } from "./history.ts";
import { Home } from "./home.ts";
import { lieNames } from "./faults/lies.ts";
import { noLies, type Lies } from "./lies.ts";
import { Network } from "./network.ts";
import { usualPace } from "./pace.ts";
import { Process, type Lived } from "./process.ts";
import { goodManners, personAddress } from "./protocol.ts";
import type { Administration, Cast, Manners, Person, PersonSurroundings, SimulatedProtocol } from "./protocol.ts";
import type { Randomness } from "./randomness.ts";
import { Reach } from "./reach.ts";
import { KeyRing } from "./signatures.ts";
import { Tally } from "./tally.ts";
import type { Report } from "./violation.ts";

/** How the machines of a run are, drawn from its seed. */
export interface Machines {
  /** A process per role, or one per node. */
  readonly placement: "role" | "node";
  /** Whether a role waits for its syncs. */
  readonly blocking: boolean;
  readonly latencyMicroseconds: { readonly least: number; readonly most: number };
  readonly syncMicroseconds: { readonly least: number; readonly most: number };
  /** How long a batch of signatures takes, where a protocol signs; 0 when it is done at once. */
  readonly signingMicroseconds: number;
}

export interface WorldOptions<Message extends { readonly kind: string }, Entry extends Message, Delivery> {
  readonly protocol: SimulatedProtocol<Message, Entry, Delivery>;
  readonly cast: Cast<Message, Entry, Delivery>;
  readonly machines: Machines;
  readonly randomness: Randomness;
  readonly clock: Clock;
  /** Takes what the world itself finds wrong. */
  readonly report: Report;
  /** Counts what the run reaches. */
  readonly reached: Tally;
  /** Sees each message as it leaves a role or a client. */
  readonly sent?: (from: Address, to: Address, message: Message) => void;
  /** Sees each process as it starts and as it ends. */
  readonly lived?: (who: string, what: Lived) => void;
}

const arrivalKind = 2;
const syncKind = 3;

/** How long a process that stopped because of its disk stays down. */
const restartDelaysMilliseconds = [0, 50, 400, 2000];

export class World<Message extends { readonly kind: string }, Entry extends Message, Delivery> implements Ground {
  readonly clock: Clock;
  readonly network: Network;
  readonly faults = new Tally();
  readonly manners: Manners = { ...goodManners };
  /** They go on when the faults are over. */
  readonly lies: Lies = { ...noLies };
  readonly reach: Reach;
  readonly history: History;
  readonly people: readonly Person<Message>[];
  readonly administrator: Administration | undefined;
  readonly #options: WorldOptions<Message, Entry, Delivery>;
  readonly #codec: Codec<Message>;
  readonly #fingerprint = new Fingerprint();
  readonly #keys = new KeyRing();
  readonly #processes = new Map<Endpoint, Process<Message, Entry, Delivery>>();
  readonly #victims = new Map<number, Victim>();
  readonly #lost = new Set<number>();
  /** Nodes that have not begun yet, and those that have stopped for good. */
  readonly #later: Set<number>;
  readonly #left = new Set<number>();
  /** How often a process stopped because of its disk. */
  #failures = 0;
  #arrivals = 0;
  #completions = 0;
  #personTicks = 0;
  /** Addresses that people have had until now. */
  #personAddresses = 0;
  #isHealed = false;

  constructor(options: WorldOptions<Message, Entry, Delivery>) {
    this.#options = options;
    const { protocol, cast, machines, randomness, clock } = options;
    this.clock = clock;
    this.#codec = newCodec<Message>(protocol.layout);
    this.history = new History(() => this.clock.now);
    const quorumNodes = cast.nodes.length - cast.spareNodes;
    this.reach = new Reach({ nodes: cast.nodes, quorumNodes, leaderNodes: cast.leaderNodes ?? quorumNodes });
    this.network = new Network({
      clock: this.clock,
      randomness: randomness.stream("network"),
      faults: this.faults,
      latency: machines.latencyMicroseconds,
      // A partition may stay; then clients are where they are answered.
      siteOf: (client) => (this.#isHealed ? undefined : cast.siteOf?.(client)),
      arrived: (from, to, frame) => {
        this.#arrivals += 1;
        this.#fingerprint.add(arrivalKind + from, this.clock.now, to);
        this.#fingerprint.addBytes(frame);
      },
    });
    this.#later = new Set(cast.laterNodes);
    for (const node of [...cast.nodes, ...this.#later]) this.#addNode(node);
    const people = Array.from({ length: cast.people }, () =>
      this.#addPerson((surroundings) => cast.newPerson(surroundings)),
    );
    const administrator = this.#addAdministrator();
    this.administrator = administrator;
    this.people = administrator === undefined ? people : [...people, administrator];
  }

  get victims(): ReadonlyMap<number, Victim> {
    return this.#victims;
  }

  /** Deliveries, ticks, also of clients, and disk completions until now. */
  get events(): number {
    let events = this.#arrivals + this.#completions + this.#personTicks;
    for (const process of this.#processes.values()) events += process.ticks;
    return events;
  }

  get fingerprint(): string {
    return this.#fingerprint.toString();
  }

  isUp(address: Address): boolean {
    return this.#processes.get(this.#route(address))?.isUp === true;
  }

  /** Whether a role must come to know what all know: it is up, and hears whoever may lead. */
  isDue(address: Address): boolean {
    return this.isUp(address) && this.reach.hearsLeaders(nodeOf(address), this.#lost);
  }

  begin(): void {
    for (const process of this.#processes.values()) process.start();
    for (const person of this.people) person.begin();
  }

  /** All that can come back does, and what is lost is taken away; the faults have ended by themselves. */
  heal(): void {
    this.#isHealed = true;
    for (const victim of this.#victims.values()) {
      // A part of it may still be up, and would lead.
      if (victim.isLost) victim.crash("on");
      else victim.restart();
    }
    Object.assign(this.manners, goodManners);
    for (const person of this.people) person.finish();
  }

  readonly #route = (address: Address): Endpoint =>
    this.#options.machines.placement === "role" || roleOf(address) === "client"
      ? address
      : addressOf(this.#options.cast.rolesOf(nodeOf(address))[0] ?? "proposer", nodeOf(address));

  #addNode(node: number): void {
    const { cast, machines, protocol, randomness } = this.#options;
    const ownRoles = cast.rolesOf(node);
    const disk = new NodeDisk({
      clock: this.clock,
      randomness: randomness.stream("disk", node),
      syncMicroseconds: machines.syncMicroseconds,
      blocking: machines.blocking && machines.placement === "role",
      stored: (folder, record) => {
        const role = ownRoles.find((each) => folder === `/${each}`);
        if (role === undefined) return;
        cast.watcher.durable(addressOf(role, node), protocol.asEntry(this.#codec.decode(new ByteReader(record))));
      },
      completed: () => {
        this.#completions += 1;
        this.#fingerprint.add(syncKind, this.clock.now, node);
      },
    });
    const roles = ownRoles.map((role) => ({ role, address: addressOf(role, node) }));
    const groups = machines.placement === "role" ? roles.map((role) => [role]) : [roles];
    const processes = new Map<string, Process<Message, Entry, Delivery>>();
    for (const group of groups) {
      const [first] = group;
      if (first === undefined) continue;
      const process = this.#newProcess(first.address, group, disk);
      processes.set(first.role, process);
    }
    this.#victims.set(node, this.#newVictim(node, disk, processes));
  }

  #newProcess(
    endpoint: Endpoint,
    roles: Process<Message, Entry, Delivery>["plan"]["roles"],
    disk: NodeDisk,
  ): Process<Message, Entry, Delivery> {
    const { protocol, cast, machines, randomness, sent, lived } = this.#options;
    const who = machines.placement === "role" ? showAddress(endpoint) : `node ${nodeOf(endpoint)}`;
    const process = new Process<Message, Entry, Delivery>(
      { endpoint, roles, disk },
      {
        protocol,
        codec: this.#codec,
        cast,
        clock: this.clock,
        network: this.network,
        fingerprint: this.#fingerprint,
        randomness,
        keys: this.#keys,
        lies: this.lies,
        lied: (lie) => this.faults.count(lieNames[lie]),
        signingMicroseconds: machines.signingMicroseconds,
        route: this.#route,
        sent: (from, to, message) => {
          cast.watcher.sent(from, to, message);
          sent?.(from, to, message);
        },
        lived: (what) => lived?.(who, what),
        opened: (opener, frame, refused) => this.#opened(opener, frame, refused),
        began: (address) => this.#began(address, disk),
        mayStart: (node) => !this.#later.has(node) && !this.#left.has(node),
        left: (node) => this.#leave(node),
        failed: (failed, failure) => this.#failed(failed, failure),
      },
    );
    this.#processes.set(endpoint, process);
    return process;
  }

  /** It takes part no more, and nothing starts on it again. */
  #leave(node: number): void {
    this.#left.add(node);
    this.#victims.get(node)?.crash("on");
  }

  /** The checksum finds all damage of the kinds that there are here, and none where there is none. */
  #opened(endpoint: Endpoint, frame: Uint8Array, refused: boolean): void {
    if (refused) this.#options.reached.count("refused-frames");
    if (this.network.isImpersonating(frame) && !this.network.isDamaged(frame)) {
      const isBelieved = !refused && this.#options.protocol.believesNames !== true;
      if (isBelieved)
        this.#options.report("frames", `${showAddress(endpoint)} believes that a node speaks for another`);
      return;
    }
    if (refused === this.network.isDamaged(frame)) return;
    const what = refused ? "refuses a frame that is whole" : "takes a frame that was damaged";
    this.#options.report("frames", `${showAddress(endpoint)} ${what}`);
  }

  /** With damaged files, or without those that it had, a role must not come up. A learner's log holds nothing. */
  #began(address: Address, disk: NodeDisk): void {
    const { report } = this.#options;
    const role = roleOf(address);
    const [damaged] = standingDamage(disk.files, `/${role}`);
    if (damaged !== undefined) report("damage", `${showAddress(address)} takes part, and ${damaged} is damaged`);
    if (!disk.isLost || role === "learner") return;
    report("damage", `${showAddress(address)} takes part, and its disk was lost`);
  }

  /** What stopped because of its disk tries again, as under a supervisor; with a damaged log it never does. */
  #failed(process: Process<Message, Entry, Delivery>, { reason, message }: StorageError): void {
    const { cast, randomness, report, reached } = this.#options;
    const { endpoint, disk } = process.plan;
    cast.watcher.failed(endpoint, reason);
    this.#failures += 1;
    if (reason === "io" || reason === "full") {
      const delay = randomness.stream("restart", this.#failures).pick(restartDelaysMilliseconds);
      process.restartAfter(delay * microsecondsPerMillisecond);
      return;
    }
    if (disk.isHarmed) reached.count("corruption-detected");
    else report("damage", `${showAddress(endpoint)} finds damage that nobody did: ${message}`);
    this.#lost.add(process.node);
  }

  #newVictim(node: number, disk: NodeDisk, processes: Map<string, Process<Message, Entry, Delivery>>): Victim {
    const { cast, randomness, reached } = this.#options;
    const lost = this.#lost;
    let crashes = 0;
    const crash = (power: "on" | "off"): void => {
      for (const process of processes.values()) process.kill();
      if (power === "on") return;
      crashes += 1;
      const { lost: lostWrites, torn } = disk.powerOff(randomness.stream("power", node, crashes));
      if (lostWrites > 0) reached.count("lost-writes", lostWrites);
      if (torn > 0) reached.count("torn-writes", torn);
      cast.watcher.poweredOff(node);
    };
    return {
      node,
      disk,
      processes,
      crash,
      restart: () => {
        if (lost.has(node)) return;
        for (const process of processes.values()) process.start();
      },
      lose: () => {
        if (!this.#maySpare(node)) return false;
        lost.add(node);
        return true;
      },
      get isLost() {
        return lost.has(node);
      },
      failsForGood: cast.failsForGood === true,
    };
  }

  /** Whether the others can do without a node for good. */
  #maySpare(node: number): boolean {
    const { cast } = this.#options;
    if (this.administrator !== undefined) return this.#lost.has(node) || this.administrator.maySpare(node);
    if (!this.#lost.has(node) && this.#lost.size >= cast.spareNodes) return false;
    if (cast.maySpare?.(node) === false) return false;
    return this.reach.isQuorumReached(new Set(this.#lost).add(node));
  }

  #addAdministrator(): (Person<Message> & Administration) | undefined {
    const { cast } = this.#options;
    const { newAdministrator } = cast;
    if (newAdministrator === undefined) return undefined;
    return this.#addPerson((surroundings) =>
      newAdministrator({
        ...surroundings,
        lost: this.#lost,
        startNode: (node) => {
          this.#later.delete(node);
          this.#victims.get(node)?.restart();
        },
        votedOut: (node) => {
          if (!this.isUp(addressOf("proposer", node))) this.#leave(node);
        },
        changed: (change) => this.faults.count(change),
      }),
    );
  }

  #addPerson<Somebody extends Person<Message>>(
    newPerson: (surroundings: PersonSurroundings<Message>) => Somebody,
  ): Somebody {
    const { cast, randomness, sent } = this.#options;
    const home = new Home<Message>({
      clock: this.clock,
      network: this.network,
      codec: this.#codec,
      route: this.#route,
      newAddress: () => personAddress(this.#personAddresses++),
      opened: (endpoint, frame, refused) => this.#opened(endpoint, frame, refused),
    });
    const person = newPerson({
      address: home.address,
      randomness: randomness.stream("person", home.address),
      send: (to, message) => {
        cast.watcher.sent(home.address, to, message);
        sent?.(home.address, to, message);
        home.send(to, message);
      },
      move: () => home.move(),
      wake: () => home.wake(),
      now: () => this.clock.now / microsecondsPerMillisecond,
      after: (microseconds, action) => this.clock.after(microseconds, action),
      history: this.history,
      manners: this.manners,
      struck: (manner) => this.faults.count(manner),
    });
    home.attach(person.resident);
    const tick = (): void => {
      this.#personTicks += 1;
      this.#fingerprint.add(tickKind, this.clock.now, home.address);
      this.clock.after(usualPace.tickMicroseconds, tick);
      home.tick();
    };
    this.clock.after(usualPace.tickMicroseconds, tick);
    return person;
  }
}
