/**
 * A role with all that it runs on: its driver, its log, and what stands behind it. Threads and the simulator make it of
 * the same parts; they differ in the files, the clock and the host that they give it.
 */
import { nodeOf } from "@synod/protocol";
import type { Address, Output, RoleMachine, RoleStatus, Seals, Signatures } from "@synod/protocol";
import type { Log, Recovery, StorageError } from "@synod/storage";
import { ByteReader, ByteWriter, type Codec } from "@synod/wire";
import { Driver, type EntryCodec } from "./driver.ts";
import type { Host, Resident } from "./host.ts";
import { Sealing } from "./sealing.ts";

/** What stands behind a role and takes what it makes known, as the state machine behind a learner does. */
export interface Backing<Message, Entry, Delivery> {
  /** Takes back what is kept beside the log; returns the slot of a snapshot, or 0. Called once, after the log is read. */
  recover(): number;
  deliver(delivery: Delivery, out: Output<Message, Entry, Delivery>): void;
  status(): RoleStatus;
  close(): void;
}

/** What a role gives to what stands behind it. */
export interface Front<Message, Entry, Delivery> {
  readonly send: (to: Address, message: Message) => void;
  /** Lets the role act outside its turn. */
  readonly act: (action: (out: Output<Message, Entry, Delivery>) => void) => void;
  /** Storage failed: the role stops. */
  readonly failed: (failure: StorageError) => void;
}

export interface RoleActorOptions<Message, Entry extends Message, Delivery> {
  readonly address: Address;
  readonly role: RoleMachine<Message, Entry, Delivery>;
  readonly log: Log;
  readonly codec: EntryCodec<Entry>;
  readonly host: Host<Message>;
  /** Stable storage failed: the role has stopped for good. */
  readonly failed: (failure: StorageError) => void;
  /** A role without one makes nothing known. */
  readonly backing?: ((front: Front<Message, Entry, Delivery>) => Backing<Message, Entry, Delivery>) | undefined;
  readonly segmentBytes?: number;
  /** Where the protocol signs: what is signed, and who does it. */
  readonly sealing?: { readonly seals: Seals<Message>; readonly signatures: Signatures } | undefined;
}

/** What a start found on stable storage. */
export interface RoleRecovered extends Recovery {
  /** The slot of the snapshot that it began with, or 0. */
  readonly snapshotSlot: number;
}

export class RoleActor<Message, Entry extends Message, Delivery> {
  readonly #options: RoleActorOptions<Message, Entry, Delivery>;
  readonly #driver: Driver<Message, Entry, Delivery>;
  readonly #backing: Backing<Message, Entry, Delivery> | undefined;
  readonly #sealing: Sealing<Message> | undefined;

  constructor(options: RoleActorOptions<Message, Entry, Delivery>) {
    this.#options = options;
    const { address, role, log, codec, host, failed, segmentBytes } = options;
    const leave = (to: Address, message: Message): void => host.send(address, to, message);
    this.#sealing =
      options.sealing &&
      new Sealing({
        ...options.sealing,
        node: nodeOf(address),
        leave,
        admit: (from, message) => this.#driver.post(from, message),
        wake: () => host.wake(),
      });
    const send = (to: Address, message: Message): void => {
      if (this.#sealing === undefined) leave(to, message);
      else this.#sealing.send(to, message);
    };
    this.#driver = new Driver<Message, Entry, Delivery>({
      role,
      log,
      codec,
      send,
      deliver: (delivery, out) => this.#deliver(delivery, out),
      failed,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    this.#backing = options.backing?.({
      send,
      act: (action) => this.#driver.act(action),
      failed: (failure) => {
        this.#driver.stop();
        this.#sealing?.stop();
        failed(failure);
      },
    });
  }

  /**
   * Takes back what is on stable storage, and joins its host.
   *
   * @throws StorageError
   */
  start(): RoleRecovered {
    const recovery = this.#driver.recover();
    const snapshotSlot = this.#backing?.recover() ?? 0;
    const { address, host } = this.#options;
    host.attach(address, this.#sealing === undefined ? this.#driver : sealed(this.#driver, this.#sealing));
    return { ...recovery, snapshotSlot };
  }

  status(): RoleStatus {
    const { turns, messages, entries, syncs, droppedMessages } = this.#driver.counters;
    return {
      ...this.#options.role.status(),
      ...this.#backing?.status(),
      turns,
      messages,
      entries,
      syncs,
      droppedMessages,
      ...this.#sealing?.counters,
      logBytes: this.#options.log.sizeBytes,
    };
  }

  stop(): void {
    this.#options.host.detach(this.#options.address);
    this.#driver.stop();
    this.#sealing?.stop();
    this.#options.log.close();
    this.#backing?.close();
  }

  #deliver(delivery: Delivery, out: Output<Message, Entry, Delivery>): void {
    if (this.#backing === undefined) throw new Error("a role made something known, and nothing stands behind it");
    this.#backing.deliver(delivery, out);
  }
}

/** A driver with the stage before it: in a turn what has been verified is stepped, and what that sends is signed. */
function sealed<Message>(driver: Resident<Message>, sealing: Sealing<Message>): Resident<Message> {
  return {
    post: (from, message) => sealing.post(from, message),
    get busy() {
      return driver.busy || sealing.busy;
    },
    turn() {
      sealing.open();
      if (driver.busy) driver.turn();
      sealing.seal();
    },
    tick() {
      driver.tick();
      sealing.seal();
    },
  };
}

/** What a protocol says of its entries. */
export interface EntryFormat<Message, Entry> {
  readonly asEntry: (message: Message) => Entry;
  readonly slotOf: (entry: Entry) => number;
}

/** The bytes of an entry are those of the message on the wire. */
export function entryCodec<Message, Entry extends Message>(
  codec: Codec<Message>,
  { asEntry, slotOf }: EntryFormat<Message, Entry>,
): EntryCodec<Entry> {
  const writer = new ByteWriter(4 * 1024);
  return {
    encode(entry) {
      writer.clear();
      codec.encode(writer, entry);
      return writer.view();
    },
    decode(record) {
      const reader = new ByteReader(record);
      const message = codec.decode(reader);
      reader.end("record");
      return asEntry(message);
    },
    position: slotOf,
  };
}
