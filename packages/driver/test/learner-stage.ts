/**
 * A learner with its replica and snapshots, whose messages and later jobs the test passes on one by one.
 */
import { addressOf, multi, nodeOf, type Address } from "@synod/protocol";
import {
  encodeGet,
  encodeOpen,
  encodePut,
  newKeyValueMachine,
  QueryWriter,
  readValue,
  Replica,
  ReplyReader,
  RequestWriter,
  type StateMachine,
} from "@synod/machines";
import {
  MemoryLog,
  MemorySnapshots,
  newMemoryLogArea,
  newMemorySnapshotArea,
  type SnapshotStore,
  type StorageError,
} from "@synod/storage";
import { ByteReader, ByteWriter, newCodec } from "@synod/wire";
import { Driver, Replication, type SnapshotRefusal } from "../src/index.ts";

const codec = newCodec<multi.Message>(multi.layout);
const client = addressOf("client", 1);
const configuration = multi.configurationOf(3);

export interface LearnerStageOptions {
  readonly node?: number;
  readonly machine?: StateMachine;
  readonly snapshots?: SnapshotStore;
  readonly snapshotBytes?: number;
  readonly snapshotSlots?: number;
  readonly snapshotPartBytes?: number;
}

/** The value of slot 1: it opens session 1. */
export function opened(): Uint8Array {
  return encodeOpen({ client, replyTo: 1 }, 1);
}

/** The value of a slot above 1: the next request of session 1. */
export function putValue(slot: number, key: string, value: string): Uint8Array {
  const request = new RequestWriter();
  request.begin({ client, replyTo: 1, session: 1, sequence: slot - 1, acknowledged: slot - 1 });
  request.add((writer) => encodePut(writer, key, value));
  return request.take();
}

export class LearnerStage {
  readonly sent: { readonly to: Address; readonly message: multi.Message }[] = [];
  readonly jobs: (() => void)[] = [];
  readonly failures: StorageError[] = [];
  readonly refusals: SnapshotRefusal[] = [];
  readonly replica: Replica;
  readonly learner: multi.Learner;
  readonly snapshots: SnapshotStore;
  readonly replication: Replication<multi.Message, multi.Entry>;
  readonly #driver: Driver<multi.Message, multi.Entry, multi.Delivery>;
  readonly #address: Address;
  readonly #also: [Address, multi.Message][] = [];

  constructor(options: LearnerStageOptions) {
    const { node = 1, machine = newKeyValueMachine(), snapshots, snapshotBytes = 1_000_000 } = options;
    this.#address = addressOf("learner", node);
    this.replica = new Replica({ machine, node });
    this.learner = new multi.Learner(configuration, node);
    this.snapshots = snapshots ?? new MemorySnapshots(newMemorySnapshotArea(1_000_000));
    const send = (to: Address, message: multi.Message): void => void this.sent.push({ to, message });
    const log = new MemoryLog(newMemoryLogArea(1_000_000));
    log.recover(() => undefined);
    this.#driver = new Driver<multi.Message, multi.Entry, multi.Delivery>({
      role: this.learner,
      log,
      codec: {
        encode: (entry) => {
          const writer = new ByteWriter();
          codec.encode(writer, entry);
          return writer.view();
        },
        decode: (record) => multi.asEntry(codec.decode(new ByteReader(record))),
        position: multi.slotOf,
      },
      send,
      deliver: (delivery) => this.replication.deliver(delivery),
      failed: (failure) => this.failures.push(failure),
    });
    this.replication = new Replication({
      learner: this.learner,
      replica: this.replica,
      snapshots: this.snapshots,
      send,
      act: (action) => this.#driver.act(action),
      later: (job) => this.jobs.push(job),
      failed: (failure) => this.failures.push(failure),
      refused: (refusal) => this.refusals.push(refusal),
      snapshotBytes,
      ...(options.snapshotSlots === undefined ? {} : { snapshotSlots: options.snapshotSlots }),
      ...(options.snapshotPartBytes === undefined ? {} : { snapshotPartBytes: options.snapshotPartBytes }),
    });
  }

  /** Starts from the newest snapshot, as its host does; returns its slot. */
  recover(): number {
    return this.replication.recover();
  }

  /** The learner gets a message; returns what it sends. */
  take(from: Address, message: multi.Message): readonly { readonly to: Address; readonly message: multi.Message }[] {
    const before = this.sent.length;
    this.#driver.post(from, message);
    for (const [other, also] of this.#also.splice(0)) this.#driver.post(other, also);
    this.#driver.turn();
    return this.sent.slice(before);
  }

  /** The learner gets this in the turn of the message that it gets next, after it. */
  alsoTake(from: Address, message: multi.Message): void {
    this.#also.push([from, message]);
  }

  /** The values of the next slots are chosen. */
  choose(...values: readonly Uint8Array[]): void {
    const from = this.replica.appliedSlot + 1;
    const own = addressOf("acceptor", nodeOf(this.#address));
    this.take(own, { kind: "Chosen", from, values: values.map((value) => ({ value })), trimmedThrough: 0 });
  }

  /** Opens the session and puts `count` values of `valueBytes`. */
  fill(count: number, valueBytes = 10): void {
    if (this.replica.appliedSlot === 0) this.choose(opened());
    for (let i = 0; i < count; i++) {
      const slot = this.replica.appliedSlot + 1;
      this.choose(putValue(slot, `k${slot}`, "v".repeat(valueBytes)));
    }
  }

  /** Runs what waits to be done later, and what that asks for, at most `count` of it. */
  work(count = Infinity): void {
    for (let done = 0; done < count && this.jobs.length > 0; done++) this.jobs.shift()?.();
  }

  /** What the replica holds. */
  get(key: string): string | undefined {
    const query = new QueryWriter();
    query.begin(1);
    query.add((writer) => encodeGet(writer, key));
    let value: string | undefined;
    this.replica.query(client, query.take(), (_to, reply) => {
      const reader = new ReplyReader();
      reader.read(reply);
      reader.visit({ reply: (_index, answer) => (value = readValue(answer)), refused: () => undefined });
    });
    return value;
  }

  /** Learns from `peer` that its log no longer goes back so far, and begins to fetch its snapshot. */
  fallBehind(peer: LearnerStage): void {
    const node = nodeOf(peer.#address);
    this.take(addressOf("acceptor", node), { kind: "Chosen", from: 1, values: [], trimmedThrough: 1_000_000 });
  }

  /** Passes one message on to `peer`, and its answer back; false when there is nothing to pass on. */
  exchange(peer: LearnerStage, spoil: (part: multi.SnapshotPart) => multi.SnapshotPart = (part) => part): boolean {
    const asked = this.sent.findLast(({ to }) => to === peer.#address);
    if (asked === undefined) return false;
    this.sent.splice(this.sent.indexOf(asked), 1);
    for (const { to, message } of peer.take(this.#address, asked.message)) {
      if (to === this.#address && message.kind === "SnapshotPart") this.take(peer.#address, spoil(message));
    }
    return true;
  }

  /** Fetches the snapshot of `peer`, part by part; returns how many. */
  fetch(peer: LearnerStage, spoil?: (part: multi.SnapshotPart) => multi.SnapshotPart): number {
    let parts = 0;
    while (this.exchange(peer, spoil)) parts += 1;
    return parts;
  }
}
