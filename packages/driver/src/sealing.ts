/**
 * The stage between a host and a role whose protocol signs: what leaves waits for its signature, what arrives for the
 * verification of every statement in it. Both go in batches, one at a time, while the role goes on; their order is kept.
 * What does not verify never reaches the role.
 */
import {
  limits,
  nodeOf,
  type Address,
  type Envelope,
  type Seals,
  type Signatures,
  type Statement,
} from "@synod/protocol";

export interface SealingOptions<Message> {
  /** The node of the role. What it says of itself needs no proof: no other can have sent it. */
  readonly node: number;
  readonly seals: Seals<Message>;
  readonly signatures: Signatures;
  /** A message may leave. */
  readonly leave: (to: Address, message: Message) => void;
  /** A message may be seen by the role. */
  readonly admit: (from: Address, message: Message) => void;
  /** Asks for `open` and `seal` to be called soon. */
  readonly wake: () => void;
}

export interface SealingCounters {
  signed: number;
  /** Statements that were looked at. */
  verified: number;
  /** Messages refused because a statement in them was not signed by whom it names. */
  forgedMessages: number;
  /** Messages refused because too many wait. */
  overflowedMessages: number;
}

/** Statements of one node in a batch, past which its other messages wait for the next: nobody holds up the others. */
const senderStatements = 1024;

interface Arrived<Message> {
  readonly from: Address;
  readonly message: Message;
  readonly statements: readonly Statement[];
}

export class Sealing<Message> {
  readonly #options: SealingOptions<Message>;
  #incoming: Arrived<Message>[] = [];
  /** By node: how many messages of it are in `#incoming`. */
  readonly #waiting = new Map<number, number>();
  #outgoing: Envelope<Message>[] = [];
  /** Messages of the batches under way. */
  #verifying = 0;
  #signing = 0;
  #stopped = false;
  readonly counters: SealingCounters = { signed: 0, verified: 0, forgedMessages: 0, overflowedMessages: 0 };

  constructor(options: SealingOptions<Message>) {
    this.#options = options;
  }

  /** True when `open` or `seal` has something to begin. */
  get busy(): boolean {
    return (this.#verifying === 0 && this.#incoming.length > 0) || (this.#signing === 0 && this.#outgoing.length > 0);
  }

  /** A message has arrived. One that says nothing signed is admitted at once, unless others wait before it. */
  post(from: Address, message: Message): void {
    if (this.#stopped) return;
    const { seals, node } = this.#options;
    const all = seals.statements(message, nodeOf(from));
    const statements = nodeOf(from) === node ? all.filter(({ signer }) => signer !== node) : all;
    if (all.length === 0 && this.#verifying === 0 && this.#incoming.length === 0) {
      this.#options.admit(from, message);
    } else if (this.#verifying + this.#incoming.length < limits.waitingMessages || this.#makeRoom(nodeOf(from))) {
      this.#incoming.push({ from, message, statements });
      this.#count(nodeOf(from), 1);
      this.#options.wake();
    }
  }

  /** A message is to leave. One that needs no signature does so at once, unless others wait before it. */
  send(to: Address, message: Message): void {
    if (this.#stopped) return;
    const needsSignature = this.#options.seals.isSigned(message);
    if (!needsSignature && this.#signing === 0 && this.#outgoing.length === 0) {
      this.#options.leave(to, message);
    } else if (this.#signing + this.#outgoing.length >= limits.waitingMessages) {
      this.counters.overflowedMessages += 1;
    } else {
      this.#outgoing.push({ to, message });
      this.#options.wake();
    }
  }

  /** Begins to verify what has arrived, unless a batch is under way. */
  open(): void {
    if (this.#verifying > 0 || this.#incoming.length === 0) return;
    const batch = this.#nextBatch();
    this.#verifying = batch.length;
    const statements = batch.flatMap((arrived) => arrived.statements);
    this.#options.signatures.verify(statements, (valid) => {
      this.#verifying = 0;
      if (this.#stopped) return;
      this.counters.verified += statements.length;
      this.#admit(batch, valid);
      this.#options.wake();
    });
  }

  /** Begins to sign what is to leave, unless a batch is under way. */
  seal(): void {
    if (this.#signing > 0 || this.#outgoing.length === 0) return;
    const { seals, signatures } = this.#options;
    const batch = this.#outgoing;
    this.#outgoing = [];
    this.#signing = batch.length;
    // What goes to several is signed once.
    const messages = [...new Set(batch.map(({ message }) => message))].filter((message) => seals.isSigned(message));
    signatures.sign(
      messages.map((message) => seals.textOf(message)),
      (signed) => {
        this.#signing = 0;
        if (this.#stopped) return;
        this.counters.signed += messages.length;
        this.#leave(batch, messages, signed);
        if (this.busy) this.#options.wake();
      },
    );
  }

  /** Nothing that waits is admitted or leaves. */
  stop(): void {
    this.#stopped = true;
    this.#incoming = [];
    this.#waiting.clear();
    this.#outgoing = [];
  }

  /** One message too many is refused: the last of the node that has most waiting. False when that is the one that comes. */
  #makeRoom(node: number): boolean {
    this.counters.overflowedMessages += 1;
    let [most, mostWaiting] = [node, this.#waiting.get(node) ?? 0];
    for (const [other, waiting] of this.#waiting) if (waiting > mostWaiting) [most, mostWaiting] = [other, waiting];
    if (most === node) return false;
    const last = this.#incoming.findLastIndex(({ from }) => nodeOf(from) === most);
    this.#incoming.splice(last, 1);
    this.#count(most, -1);
    return true;
  }

  #count(node: number, more: number): void {
    const waiting = (this.#waiting.get(node) ?? 0) + more;
    if (waiting > 0) this.#waiting.set(node, waiting);
    else this.#waiting.delete(node);
  }

  /** In the order in which they came, of each node as many as its share of a batch, and at least one. */
  #nextBatch(): readonly Arrived<Message>[] {
    const batch: Arrived<Message>[] = [];
    const rest: Arrived<Message>[] = [];
    const taken = new Map<number, number>();
    for (const arrived of this.#incoming) {
      const node = nodeOf(arrived.from);
      const before = taken.get(node) ?? 0;
      const count = arrived.statements.length;
      const after = before + count;
      const fits = before === 0 || after <= senderStatements || (count === 0 && before < Infinity);
      // What comes after one that waits does so as well.
      taken.set(node, fits ? after : Infinity);
      (fits ? batch : rest).push(arrived);
      if (fits) this.#count(node, -1);
    }
    this.#incoming = rest;
    return batch;
  }

  #admit(batch: readonly Arrived<Message>[], valid: readonly boolean[]): void {
    let at = 0;
    for (const { from, message, statements } of batch) {
      const end = at + statements.length;
      const isTrue = valid.length >= end && valid.slice(at, end).every((each) => each);
      at = end;
      if (isTrue) this.#options.admit(from, message);
      else this.counters.forgedMessages += 1;
    }
  }

  #leave(batch: readonly Envelope<Message>[], messages: readonly Message[], signed: readonly Uint8Array[]): void {
    const sealed = new Map<Message, Message>();
    for (const [index, message] of messages.entries()) {
      const signature = signed[index];
      if (signature === undefined) throw new RangeError(`${messages.length} texts, ${signed.length} signatures`);
      sealed.set(message, this.#options.seals.withSignature(message, signature));
    }
    for (const { to, message } of batch) this.#options.leave(to, sealed.get(message) ?? message);
  }
}
