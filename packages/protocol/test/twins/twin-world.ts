/**
 * Liars that lie by the book: a node that is there twice. Each of its two lives follows the protocol to the letter, and
 * knows nothing of the other; some nodes hear one of them, some the other, some both, and all believe that it is one. So
 * it equivocates, forgets and contradicts itself as cleverly as the protocol lets it (Bano and others, *Twins: BFT Systems
 * Made Robust* 2020).
 *
 * Messages are lost, doubled and reordered, paths are cut, and roles begin anew with what they made durable.
 */
import {
  addressOf,
  newOutput,
  nodeOf,
  roleOf,
  type Address,
  type NodeRole,
  type Output,
  type ReplicaDelivery,
  type RoleMachine,
  type Seals,
} from "../../src/index.ts";

const roles = ["proposer", "acceptor", "learner"] as const;

export interface Cast<Message, Entry extends Message> {
  readonly nodes: number;
  readonly seals: Seals<Message>;
  readonly newRole: (role: NodeRole, node: number) => RoleMachine<Message, Entry, ReplicaDelivery>;
  /** What a client sends. */
  readonly request: (command: Uint8Array) => Message;
}

interface Life<Message, Entry extends Message> {
  readonly node: number;
  readonly role: NodeRole;
  readonly twin: number;
  machine: RoleMachine<Message, Entry, ReplicaDelivery>;
  readonly log: Entry[];
}

interface Underway<Message, Entry extends Message> {
  readonly from: Address;
  readonly to: Life<Message, Entry>;
  readonly message: Message;
}

/** Numbers in [0, 1), the same for a seed. */
function newRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whoever signs a text adds its own number to it. */
function signed(signer: number, text: Uint8Array): Uint8Array {
  return Uint8Array.of(signer, ...text);
}

export class TwinWorld<Message extends { readonly kind: string }, Entry extends Message> {
  readonly #cast: Cast<Message, Entry>;
  readonly #liars: readonly number[];
  readonly #random: () => number;
  readonly #nodes: readonly number[];
  readonly #lives: Life<Message, Entry>[] = [];
  readonly #out: Output<Message, Entry, ReplicaDelivery> = newOutput();
  /** By honest node: the twins that it hears, and that hear it. */
  #hears = new Map<number, readonly number[]>();
  /** Pairs of nodes, between which nothing passes in one direction. */
  #cut = new Set<string>();
  #underway: Underway<Message, Entry>[] = [];
  #loss: number;
  #isPeaceful = false;
  /** By slot: what an honest learner has learned, as text. */
  readonly learned = new Map<number, string>();
  /** By honest node: the values that its learner has learned. */
  readonly #told = new Map<number, Set<string>>();
  /** Two honest learners have learned different values, in this slot. */
  disagreement: number | undefined;

  constructor(cast: Cast<Message, Entry>, seed: number, liars: number) {
    this.#cast = cast;
    this.#random = newRandom(seed);
    this.#nodes = Array.from({ length: cast.nodes }, (_, index) => index + 1);
    this.#loss = this.#pick([0, 0.02, 0.1, 0.25], 0);
    // The first leader lies in most runs.
    const first = this.#random() < 0.6 ? [1] : [];
    const others = this.#nodes.filter((node) => !first.includes(node)).sort(() => this.#random() - 0.5);
    this.#liars = [...first, ...others].slice(0, liars);
    for (const node of this.#nodes) {
      for (const twin of this.#liars.includes(node) ? [0, 1] : [0]) {
        for (const role of roles) {
          this.#lives.push({ node, role, twin, machine: cast.newRole(role, node), log: [] });
        }
      }
    }
    this.#relink();
  }

  /** The highest ballot that an acceptor is in. */
  get ballot(): number {
    const acceptors = this.#lives.filter(({ role }) => role === "acceptor");
    return Math.max(...acceptors.map(({ machine }) => Number(machine.status()["ballot"])));
  }

  /** Whether every honest learner has learned a value with this command in it. */
  isLearned(command: Uint8Array): boolean {
    const text = textOf(command);
    const honest = this.#nodes.filter((node) => !this.#liars.includes(node));
    return honest.every((node) => [...(this.#told.get(node) ?? [])].some((value) => value.includes(text)));
  }

  ask(client: number, command: Uint8Array, proposers: readonly number[] = this.#nodes): void {
    const message = this.#cast.request(command);
    for (const to of this.#lives) {
      if (to.role !== "proposer" || !proposers.includes(to.node)) continue;
      this.#underway.push({ from: addressOf("client", client), to, message });
    }
  }

  /** A tick of the twins' time. */
  live(): void {
    if (this.#random() < 0.05) this.#relink();
    for (const life of this.#lives) if (this.#random() < 0.9) this.#do(life, () => life.machine.tick(this.#out));
    for (let left = 400 + Math.floor(this.#random() * 400); left > 0 && this.#underway.length > 0; left--) {
      const [taken] = this.#underway.splice(Math.floor(this.#random() * Math.min(this.#underway.length, 12)), 1);
      if (taken !== undefined) this.#take(taken);
    }
    this.#underway.splice(0, this.#underway.length - 3000);
    if (this.#random() < 0.03) this.#restart(this.#lives[Math.floor(this.#random() * this.#lives.length)]);
  }

  /** From now on liars are silent, and all paths between the others are whole. */
  makePeace(): void {
    this.#isPeaceful = true;
    this.#loss = 0;
    this.#cut.clear();
    this.#underway = [];
  }

  /** A tick in peace: what is sent arrives in it, for four delays. */
  rest(): void {
    for (const life of this.#lives) this.#do(life, () => life.machine.tick(this.#out));
    for (let delay = 0; delay < 4; delay++) for (const each of this.#underway.splice(0)) this.#take(each);
  }

  #pick<Item>(items: readonly Item[], otherwise: Item): Item {
    return items[Math.floor(this.#random() * items.length)] ?? otherwise;
  }

  #relink(): void {
    if (this.#isPeaceful) return;
    this.#hears = new Map(this.#nodes.map((node) => [node, this.#pick([[0], [1], [0, 1], [0], [1]], [0])]));
    const cuts = this.#pick([0, 0, 0.15, 0.4], 0);
    const pairs = this.#nodes.flatMap((one) => this.#nodes.map((other) => `${one} ${other}`));
    this.#cut = new Set(pairs.filter(() => this.#random() < cuts));
  }

  #restart(life: Life<Message, Entry> | undefined): void {
    if (life === undefined) return;
    life.machine = this.#cast.newRole(life.role, life.node);
    for (const entry of life.log) life.machine.restore(entry);
    this.#underway = this.#underway.filter(({ to }) => to !== life);
  }

  /** A message whose statements are not all signed by whom they name never reaches the role. */
  #take({ from, to, message }: Underway<Message, Entry>): void {
    const statements = roleOf(from) === "client" ? [] : this.#cast.seals.statements(message, nodeOf(from));
    const isTrue = statements.every(
      ({ signer, text, signature }) => textOf(signature) === textOf(signed(signer, text)) || signer === to.node,
    );
    if (isTrue) this.#do(to, () => to.machine.step(from, message, this.#out));
  }

  #do(life: Life<Message, Entry>, what: () => void): void {
    if (this.#isPeaceful && this.#liars.includes(life.node)) return;
    const out = this.#out;
    what();
    life.machine.flush(out);
    for (const delivery of out.deliver) {
      if (delivery.kind === "chosen" && !this.#liars.includes(life.node))
        this.#learn(life.node, delivery.slot, delivery.value);
    }
    life.log.push(...out.persist);
    for (const { to, message } of [...out.send, ...out.sendAfterPersist]) this.#send(life, to, message);
    for (const done of [out.send, out.persist, out.sendAfterPersist, out.deliver]) done.length = 0;
  }

  #learn(node: number, slot: number, value: Uint8Array): void {
    const text = textOf(value);
    const before = this.learned.get(slot);
    this.learned.set(slot, before ?? text);
    if (before !== undefined && before !== text) this.disagreement ??= slot;
    const told = this.#told.get(node) ?? new Set();
    this.#told.set(node, told.add(text));
  }

  #send(life: Life<Message, Entry>, to: Address, message: Message): void {
    const { seals } = this.#cast;
    const said = seals.isSigned(message)
      ? seals.withSignature(message, signed(life.node, seals.textOf(message)))
      : message;
    for (const other of this.#lives) {
      if (addressOf(other.role, other.node) !== to || !this.#isLinked(life, other)) continue;
      if (other.node !== life.node && this.#random() < this.#loss) continue;
      this.#underway.push({ from: addressOf(life.role, life.node), to: other, message: said });
    }
  }

  #isLinked(one: Life<Message, Entry>, other: Life<Message, Entry>): boolean {
    if (one.node === other.node) return one.twin === other.twin;
    if (this.#cut.has(`${one.node} ${other.node}`)) return false;
    const [oneLies, otherLies] = [this.#liars.includes(one.node), this.#liars.includes(other.node)];
    if (oneLies && otherLies) return one.twin === other.twin;
    if (oneLies) return this.#hears.get(other.node)?.includes(one.twin) === true;
    return !otherLies || this.#hears.get(one.node)?.includes(other.twin) === true;
  }
}

function textOf(bytes: Uint8Array): string {
  return bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
}
