/**
 * The driver: the one loop that runs every role, in a worker thread, a browser or a simulator.
 *
 * A turn drains the inbox, steps each message, then does what the role put in its output: `send` leaves at once,
 * `persist` is appended and synced once, `sendAfterPersist` leaves when that sync is done, `deliver` goes to the host.
 * A sync may be done at once or later; until it is, what waits for it waits and the rest goes on.
 */
import { limits, newOutput, type Address, type Envelope, type Output, type RoleMachine } from "@synod/protocol";
import type { Log, Recovery, StorageError } from "@synod/storage";

/** How a role's entries become records. */
export interface EntryCodec<Entry> {
  /** The bytes of an entry; a view that is valid until the next call. */
  encode(entry: Entry): Uint8Array;
  /** @throws DecodeError */
  decode(record: Uint8Array): Entry;
  /** The slot that an entry is about, or 0: older segments go when all their slots are trimmed. */
  position(entry: Entry): number;
}

export interface DriverOptions<Message, Entry extends Message, Delivery> {
  readonly role: RoleMachine<Message, Entry, Delivery>;
  readonly log: Log;
  readonly codec: EntryCodec<Entry>;
  readonly send: (to: Address, message: Message) => void;
  /** Takes what the role made known; what it answers the role, it puts in the output by the role's own methods. */
  readonly deliver: (delivery: Delivery, out: Output<Message, Entry, Delivery>) => void;
  /** Stable storage failed: the role has stopped for good, and nothing that waited for it will leave. */
  readonly failed: (failure: StorageError) => void;
  /** Bytes of a log segment before the next one begins. */
  readonly segmentBytes?: number;
}

export interface DriverCounters {
  turns: number;
  messages: number;
  entries: number;
  syncs: number;
  /** Messages refused because too much waits for a sync. */
  droppedMessages: number;
}

const defaultSegmentBytes = 16 * 1024 * 1024;

export class Driver<Message, Entry extends Message, Delivery> {
  readonly #options: DriverOptions<Message, Entry, Delivery>;
  readonly #segmentBytes: number;
  readonly #out = newOutput<Message, Entry, Delivery>();
  readonly counters: DriverCounters = { turns: 0, messages: 0, entries: 0, syncs: 0, droppedMessages: 0 };

  #senders: Address[] = [];
  #inbox: Message[] = [];
  /** What waits for the sync that runs, and what waits for the one after it. */
  #waiting: Envelope<Message>[] = [];
  #waitingNext: Envelope<Message>[] = [];
  #syncing = false;
  /** Something was appended since the last sync began. */
  #unsynced = false;
  #trimThrough = 0;
  #stopped = false;
  #settling = false;

  constructor(options: DriverOptions<Message, Entry, Delivery>) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
  }

  /** Gives the role back what it persisted. To be called once, before the first turn. */
  recover(): Recovery {
    const { role, log, codec } = this.#options;
    return log.recover((record) => role.restore(codec.decode(record)));
  }

  /** Puts a message in the inbox; the next turn takes it. */
  post(from: Address, message: Message): void {
    if (this.#stopped) return;
    if (this.#waiting.length + this.#waitingNext.length >= limits.waitingMessages) {
      this.counters.droppedMessages += 1;
      return;
    }
    this.#senders.push(from);
    this.#inbox.push(message);
  }

  /** True when a turn has something to do. */
  get busy(): boolean {
    return this.#inbox.length > 0;
  }

  tick(): void {
    if (this.#stopped) return;
    this.#options.role.tick(this.#out);
    this.turn();
  }

  /** Lets the host call a method of the role that fills the output, and does what it asks. */
  act(action: (out: Output<Message, Entry, Delivery>) => void): void {
    if (this.#stopped) return;
    action(this.#out);
    // In the middle of a turn, as when a snapshot is durable at once, that turn does what is asked.
    if (!this.#settling) this.turn();
  }

  turn(): void {
    if (this.#stopped) return;
    const { role } = this.#options;
    const senders = this.#senders;
    const inbox = this.#inbox;
    this.#senders = [];
    this.#inbox = [];
    for (const [index, message] of inbox.entries()) role.step(senders[index] ?? 0, message, this.#out);
    role.flush(this.#out);
    this.counters.turns += 1;
    this.counters.messages += inbox.length;
    this.#settle();
  }

  /** Stops the role: nothing that waits will leave. The log is closed by its owner. */
  stop(): void {
    this.#stopped = true;
    this.#senders = [];
    this.#inbox = [];
    this.#waiting = [];
    this.#waitingNext = [];
  }

  #settle(): void {
    const out = this.#out;
    const { send, deliver } = this.#options;
    this.#settling = true;
    // A delivery may add to the output, also further deliveries: the array grows while it is walked.
    for (const delivery of out.deliver) deliver(delivery, out);
    this.#settling = false;
    out.deliver.length = 0;
    // The host's own storage may have failed at a delivery: then nothing leaves that came after it.
    if (this.#stopped) return;
    for (const { to, message } of out.send) send(to, message);
    out.send.length = 0;
    this.#persist();
  }

  #persist(): void {
    const out = this.#out;
    try {
      for (const entry of out.persist) {
        this.#options.log.append(this.#options.codec.encode(entry), this.#options.codec.position(entry));
      }
    } catch (failure) {
      this.#fail(failure);
      return;
    }
    if (out.persist.length > 0) {
      this.#unsynced = true;
      this.counters.entries += out.persist.length;
      out.persist.length = 0;
    }
    for (const envelope of out.sendAfterPersist) this.#waitingNext.push(envelope);
    out.sendAfterPersist.length = 0;
    this.#trimThrough = Math.max(this.#trimThrough, out.trimThrough);
    out.trimThrough = 0;
    this.#sync();
  }

  #sync(): void {
    if (this.#syncing) return;
    if (!this.#unsynced) {
      this.#release();
      return;
    }
    this.#syncing = true;
    this.#unsynced = false;
    const waiting = this.#waiting;
    this.#waiting = this.#waitingNext;
    this.#waitingNext = waiting;
    this.counters.syncs += 1;
    this.#options.log.sync((failure) => {
      this.#syncing = false;
      if (this.#stopped) return;
      if (failure !== undefined) {
        this.#fail(failure);
        return;
      }
      this.#leave(this.#waiting);
      // Not only when nothing waits, which under load may never be.
      if (this.#rotateWhenDue()) this.#sync();
    });
  }

  /** Everything persisted is durable: nothing needs to wait, and what was trimmed may go. */
  #release(): void {
    this.#leave(this.#waitingNext);
    if (!this.#rotateWhenDue() || this.#trimThrough === 0) return;
    try {
      this.#options.log.trim(this.#trimThrough);
      this.#trimThrough = 0;
    } catch (failure) {
      this.#fail(failure);
    }
  }

  /** Begins a new segment when this one is full, which makes all that was appended durable. False when that failed. */
  #rotateWhenDue(): boolean {
    const { log, role, codec } = this.#options;
    if (log.segmentBytes < this.#segmentBytes) return true;
    try {
      log.rotate(role.checkpoint().map((entry) => codec.encode(entry).slice()));
      this.#unsynced = false;
      return true;
    } catch (failure) {
      this.#fail(failure);
      return false;
    }
  }

  #leave(envelopes: Envelope<Message>[]): void {
    for (const { to, message } of envelopes) this.#options.send(to, message);
    envelopes.length = 0;
  }

  #fail(failure: unknown): void {
    if (!isStorageError(failure)) throw failure;
    this.stop();
    this.#options.failed(failure);
  }
}

function isStorageError(failure: unknown): failure is StorageError {
  return failure instanceof Error && failure.name === "StorageError";
}
