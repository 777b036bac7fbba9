/**
 * A process of the world: a host with the roles that share it, as a thread is one. It starts, is killed and starts
 * again; it may be paused, or be slow. What it plans ends with its life.
 */
import { addressOf, nodeOf, roleOf, type Address, type NodeRole, type Signatures } from "@synod/protocol";
import { Host, RoleActor, entryCodec, type Backing, type EntryCodec } from "@synod/driver";
import type { StorageError } from "@synod/storage";
import type { Endpoint, Transport } from "@synod/transports";
import { FrameWriter, type Codec } from "@synod/wire";
import type { Clock } from "./clock.ts";
import type { NodeDisk } from "./disk.ts";
import type { Lies } from "./lies.ts";
import { tickKind, type Fingerprint } from "./fingerprint.ts";
import type { Network } from "./network.ts";
import { Pace, usualPace } from "./pace.ts";
import type { Cast, Life, SimulatedProtocol, Watcher } from "./protocol.ts";
import type { Randomness } from "./randomness.ts";
import type { KeyRing } from "./signatures.ts";

/** What becomes of a process. */
export type Lived = "starts" | "ends";

/** What processes of a run have in common. */
export interface ProcessWorld<Message extends { readonly kind: string }, Entry extends Message, Delivery> {
  readonly protocol: SimulatedProtocol<Message, Entry, Delivery>;
  readonly codec: Codec<Message>;
  readonly cast: Cast<Message, Entry, Delivery>;
  readonly clock: Clock;
  readonly network: Network;
  readonly fingerprint: Fingerprint;
  readonly randomness: Randomness;
  readonly keys: KeyRing;
  readonly lies: Readonly<Lies>;
  readonly lied: (lie: keyof Lies) => void;
  /** How long a batch of signatures takes; none waits for 0. */
  readonly signingMicroseconds: number;
  /** The endpoint where an address lives. */
  readonly route: (address: Address) => Endpoint;
  readonly sent: (from: Address, to: Address, message: Message) => void;
  /** It starts, or ends. */
  readonly lived: (what: Lived) => void;
  /** It has opened a frame that arrived. */
  readonly opened: (endpoint: Endpoint, frame: Uint8Array, refused: boolean) => void;
  /** A role has taken back what is on its disk, and takes part. */
  readonly began: (address: Address) => void;
  /** Whether a node has begun to be one, and has not stopped for good. */
  readonly mayStart: (node: number) => boolean;
  /** A node takes part no more. */
  readonly left: (node: number) => void;
  /** The storage of a role failed: the process has ended. */
  readonly failed: (process: Process<Message, Entry, Delivery>, failure: StorageError) => void;
}

export interface ProcessPlan {
  readonly endpoint: Endpoint;
  readonly roles: readonly { readonly role: NodeRole; readonly address: Address }[];
  readonly disk: NodeDisk;
}

/** A host whose messages are seen as they leave a role. */
class WatchedHost<Message> extends Host<Message> {
  watch: (from: Address, to: Address, message: Message) => void = () => undefined;
  /** Whether it takes any name in a frame for the sender's: only in an exhibit. */
  believesNames = false;

  override send(from: Address, to: Address, message: Message): void {
    this.watch(from, to, message);
    super.send(from, to, message);
  }

  protected override livesAt(address: Address, endpoint: Endpoint): boolean {
    return this.believesNames || super.livesAt(address, endpoint);
  }
}

export class Process<Message extends { readonly kind: string }, Entry extends Message, Delivery> {
  readonly plan: ProcessPlan;
  readonly pace: Pace;
  readonly #world: ProcessWorld<Message, Entry, Delivery>;
  #life = 0;
  #host: WatchedHost<Message> | undefined;
  readonly #havingTakenPart = new Set<Address>();
  #pausedUntil = 0;
  #restartAt = 0;
  /** Ticks that its clock has gone back. */
  #ticksBack = 0;
  #close: () => void = () => undefined;
  /** Ticks that it took. */
  ticks = 0;

  constructor(plan: ProcessPlan, world: ProcessWorld<Message, Entry, Delivery>) {
    this.plan = plan;
    this.pace = new Pace(world.clock);
    this.#world = world;
  }

  get node(): number {
    return nodeOf(this.plan.endpoint);
  }

  get isUp(): boolean {
    return this.#host !== undefined;
  }

  /** Starts it from what is on its disk. */
  start(): void {
    if (this.#host !== undefined || !this.#world.mayStart(this.node)) return;
    this.#life += 1;
    const life = this.#life;
    const { network, codec, route, sent, clock, randomness } = this.#world;
    const transport = network.connect(this.plan.endpoint);
    const host = new WatchedHost<Message>({
      transport: {
        ...transport,
        receive: (take) =>
          transport.receive((frame, from) => this.#awake(life, () => this.#open(host, frame, () => take(frame, from)))),
      },
      codec,
      group: 0,
      checksum: true,
      route,
      later: (turn) => clock.after(this.pace.turnMicroseconds, () => this.#awake(life, turn)),
    });
    host.believesNames = this.#world.protocol.believesNames === true;
    const impersonate = this.#impersonator(life, transport);
    host.watch = (from, to, message) => {
      sent(from, to, message);
      impersonate?.(from, to, message);
    };
    this.#host = host;
    this.#world.lived("starts");
    this.#close = () => transport.close();
    try {
      for (const { role, address } of this.plan.roles) {
        const recovered = this.#newActor(role, address, life, host).start();
        this.#havingTakenPart.add(address);
        this.#world.cast.watcher.began(address, recovered);
        this.#world.began(address);
      }
    } catch (failure) {
      if (!(failure instanceof Error) || failure.name !== "StorageError") throw failure;
      this.#fail(failure as StorageError);
      return;
    }
    // Each life begins its ticks at a moment of its own.
    const phase = randomness.stream("tick", this.plan.endpoint, life).integer(0, usualPace.tickMicroseconds);
    clock.after(phase, () => this.#tick(life));
  }

  /** Ends it at once: nothing is closed in good order. If it was to start by itself, it will not. */
  kill(): void {
    this.#restartAt = 0;
    if (this.#host === undefined) return;
    this.#world.lived("ends");
    this.#life += 1;
    this.#host = undefined;
    this.#pausedUntil = 0;
    this.#ticksBack = 0;
    this.#close();
  }

  /** It does nothing for a while; what arrives waits. */
  pause(microseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#world.clock.now + microseconds);
  }

  /** Its clock jumps: so many ticks pass at once, or none for so many ticks when it is below 0. */
  jump(ticks: number): void {
    if (this.#host === undefined) return;
    if (ticks < 0) {
      this.#ticksBack = Math.max(this.#ticksBack, -ticks);
      return;
    }
    this.#awake(this.#life, () => {
      for (let count = 0; count < ticks; count++) this.#host?.tick();
    });
  }

  /** Starts it later, unless something else does before. */
  restartAfter(microseconds: number): void {
    const at = this.#world.clock.now + microseconds;
    this.#restartAt = at;
    this.#world.clock.at(at, () => {
      if (this.#restartAt === at) this.start();
    });
  }

  #tick(life: number): void {
    const { clock, fingerprint } = this.#world;
    this.#awake(life, () => {
      this.ticks += 1;
      fingerprint.add(tickKind, clock.now, this.plan.endpoint);
      clock.after(this.pace.tickMicroseconds, () => this.#tick(life));
      if (this.#ticksBack > 0) this.#ticksBack -= 1;
      else this.#host?.tick();
    });
  }

  #open(host: Host<Message>, frame: Uint8Array, take: () => void): void {
    const before = host.counters.refusedFrames;
    take();
    this.#world.opened(this.plan.endpoint, frame, host.counters.refusedFrames > before);
  }

  /** Does something in this life of the process, once it is not paused. */
  #awake(life: number, action: () => void): void {
    if (life !== this.#life) return;
    const { clock } = this.#world;
    if (this.#pausedUntil > clock.now) clock.at(this.#pausedUntil, () => this.#awake(life, action));
    else action();
  }

  #newActor(
    role: NodeRole,
    address: Address,
    number: number,
    host: Host<Message>,
  ): RoleActor<Message, Entry, Delivery> {
    const { cast, codec, protocol, clock, randomness, lies, lied } = this.#world;
    const { watcher } = cast;
    const random = randomness.stream("role", address, number).next;
    const life: Life = {
      address,
      number,
      hasTakenPart: this.#havingTakenPart.has(address),
      random,
      clock: () => this.pace.ticks,
      files: this.plan.disk.filesFor({
        address,
        awake: (completion) => this.#awake(number, completion),
        pause: (microseconds) => this.pause(microseconds),
      }),
      folder: `/${role}`,
      survivors: () => this.plan.disk.survivors(),
      later: (job) => clock.after(this.pace.turnMicroseconds, () => this.#awake(number, job)),
      lies,
      lied,
      // In the middle of a turn: it ends when that is over.
      leaves: () => clock.after(0, () => this.#awake(number, () => this.#world.left(this.node))),
    };
    watcher.begins(address, number);
    const machine = cast.newRole(role, this.node, life);
    const backing = cast.backing(machine, life);
    return new RoleActor<Message, Entry, Delivery>({
      address,
      role: machine,
      log: cast.openLog(life),
      codec: watchedCodec(entryCodec(codec, protocol), (entry) => watcher.recovered(address, entry)),
      host,
      // In the middle of a turn: it ends when that is over.
      failed: (failure) => clock.after(0, () => this.#awake(number, () => this.#fail(failure))),
      segmentBytes: cast.segmentBytes,
      sealing: protocol.seals && { seals: protocol.seals, signatures: this.#signer(number) },
      backing: backing && ((front) => watchedBacking(backing(front), address, watcher)),
    });
  }

  /** How a liar says in the name of another node what its roles say; undefined for who is honest. */
  #impersonator(
    life: number,
    transport: Transport,
  ): ((from: Address, to: Address, message: Message) => void) | undefined {
    const { cast, codec, lied, lies, network, randomness, route } = this.#world;
    if (cast.liars?.includes(this.node) !== true) return undefined;
    const random = randomness.stream("impersonation", this.plan.endpoint, life);
    return (from, to, message) => {
      if (nodeOf(to) === this.node || !random.chance(lies.impersonation)) return;
      const another = addressOf(roleOf(from), random.pick(cast.nodes.filter((node) => node !== this.node)));
      lied("impersonation");
      const writer = new FrameWriter(codec, { group: 0, checksum: true });
      writer.add(another, to, message);
      const frame = writer.take();
      network.impersonates(frame);
      transport.send(route(to), frame);
    };
  }

  /** The signer of its node, for one life. */
  #signer(life: number): Signatures {
    const { keys, clock, signingMicroseconds } = this.#world;
    if (signingMicroseconds === 0) return keys.signer(this.node);
    const later = (job: () => void): void => clock.after(signingMicroseconds, () => this.#awake(life, job));
    return keys.signer(this.node, { later });
  }

  #fail(failure: StorageError): void {
    this.kill();
    this.#world.failed(this, failure);
  }
}

/** Only what is read back from the log is decoded by it. */
function watchedCodec<Entry>(codec: EntryCodec<Entry>, recovered: (entry: Entry) => void): EntryCodec<Entry> {
  return {
    ...codec,
    decode(record) {
      const entry = codec.decode(record);
      recovered(entry);
      return entry;
    },
  };
}

function watchedBacking<Message, Entry, Delivery>(
  backing: Backing<Message, Entry, Delivery>,
  address: Address,
  watcher: Watcher<Message, Entry, Delivery>,
): Backing<Message, Entry, Delivery> {
  return {
    recover: () => backing.recover(),
    deliver(delivery, out) {
      watcher.delivered(address, delivery);
      backing.deliver(delivery, out);
    },
    status: () => backing.status(),
    close: () => backing.close(),
  };
}
