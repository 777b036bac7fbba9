/**
 * A role on the stage: its driver, its disk, and whether it is up.
 */
import { Driver, Sealing, type EntryCodec } from "@synod/driver";
import type { Address, Output, RoleMachine, Seals, Signatures } from "@synod/protocol";
import { Disk } from "./disk.ts";

/** How a role begins, and what stands behind it. Its disk is its own; what `create` keeps outside survives a crash. */
export interface Cast<Message, Entry extends Message, Delivery> {
  readonly create: () => RoleMachine<Message, Entry, Delivery>;
  /** Called after each start, with what lets the role act outside its turn. */
  readonly started?: (act: Act<Message, Entry, Delivery>) => void;
  /** Takes what the role makes known. */
  readonly deliver?: (delivery: Delivery, out: Output<Message, Entry, Delivery>) => void;
}

export type Act<Message, Entry, Delivery> = (action: (out: Output<Message, Entry, Delivery>) => void) => void;

/** What the stage gives an actor. */
export interface Surroundings<Message, Entry> {
  /** The node of the role. */
  readonly node: number;
  readonly codec: EntryCodec<Entry>;
  readonly send: (to: Address, message: Message) => void;
  readonly whenSynced: (done: () => void) => void;
  /** Acts at this same time, after what was planned for it before. */
  readonly soon: (action: () => void) => void;
  /** Where the protocol signs: what is signed, and who does it. */
  readonly sealing?: { readonly seals: Seals<Message>; readonly signatures: Signatures } | undefined;
}

export class Actor<Message, Entry extends Message, Delivery> {
  readonly #cast: Cast<Message, Entry, Delivery>;
  readonly #surroundings: Surroundings<Message, Entry>;
  readonly #disk: Disk;
  #driver: Driver<Message, Entry, Delivery> | undefined;
  #sealing: Sealing<Message> | undefined;
  #role: RoleMachine<Message, Entry, Delivery>;

  constructor(cast: Cast<Message, Entry, Delivery>, surroundings: Surroundings<Message, Entry>) {
    this.#cast = cast;
    this.#surroundings = surroundings;
    this.#disk = new Disk(surroundings.whenSynced);
    this.#role = cast.create();
    this.#begin();
  }

  get role(): RoleMachine<Message, Entry, Delivery> {
    return this.#role;
  }

  /** Gives it a message, and a turn for all that arrives at this time. False when it is down. */
  post(from: Address, message: Message): boolean {
    const driver = this.#driver;
    if (driver === undefined) return false;
    if (!driver.busy && this.#sealing?.busy !== true) this.#surroundings.soon(() => this.#turn(driver));
    if (this.#sealing === undefined) driver.post(from, message);
    else this.#sealing.post(from, message);
    return true;
  }

  tick(): void {
    this.#driver?.tick();
    this.#sealing?.seal();
  }

  crash(): void {
    this.#driver?.stop();
    this.#sealing?.stop();
    this.#driver = undefined;
    this.#disk.crash();
  }

  /** Starts it again, from what it has synced. */
  start(): void {
    if (this.#driver !== undefined) throw new Error("the role is up already");
    this.#role = this.#cast.create();
    this.#begin();
  }

  #turn(driver: Driver<Message, Entry, Delivery>): void {
    this.#sealing?.open();
    driver.turn();
    this.#sealing?.seal();
  }

  #begin(): void {
    const { deliver = () => undefined, started } = this.#cast;
    const { node, codec, send: leave, sealing, soon } = this.#surroundings;
    const driver = new Driver<Message, Entry, Delivery>({
      role: this.#role,
      log: this.#disk,
      codec,
      send: (to, message) => (this.#sealing === undefined ? leave(to, message) : this.#sealing.send(to, message)),
      deliver,
      failed: (failure) => {
        throw failure;
      },
    });
    this.#driver = driver;
    this.#sealing =
      sealing &&
      new Sealing({
        ...sealing,
        node,
        leave,
        admit: (from, message) => driver.post(from, message),
        // What a sync lets go leaves after the turn.
        wake: () => soon(() => this.#sealing?.seal()),
      });
    driver.recover();
    started?.((action) => driver.act(action));
  }
}
