/**
 * A proposer that leads a ballot: it proposes again what may have been chosen before, then what clients ask for, slot
 * after slot, within a window above the stable checkpoint.
 */
import { addressOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { commandsOf } from "../commands.ts";
import { keyOf } from "../digest.ts";
import { noOp, type Value } from "../value.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import type { Accept, NewView, Slot } from "./messages.ts";
import type { View } from "./proof.ts";
import type { RequestPool } from "./request-pool.ts";

const unsigned = new Uint8Array(0);

interface InFlight {
  readonly accept: Accept;
  ageTicks: number;
}

export class Leadership {
  readonly #configuration: Configuration;
  readonly #ballot: Ballot;
  readonly #view: View;
  /** By digest key: the values that the view requires. */
  readonly #values: ReadonlyMap<string, Value>;
  /** What shows that the ballot began so; undefined for the first, which needs no proof. */
  readonly #newView: NewView | undefined;
  readonly #acceptors: readonly Address[];
  readonly #inFlight = new Map<Slot, InFlight>();
  #sizeBytes = 0;
  #nextSlot: Slot;
  #stable: Slot;
  #chosenThrough: Slot = 0;

  constructor(
    configuration: Configuration,
    ballot: Ballot,
    view: View,
    values: ReadonlyMap<string, Value>,
    newView: NewView | undefined,
  ) {
    this.#configuration = configuration;
    this.#ballot = ballot;
    this.#view = view;
    this.#values = values;
    this.#newView = newView;
    this.#acceptors = configuration.nodes.map((node) => addressOf("acceptor", node));
    this.#nextSlot = view.base + 1;
    this.#stable = view.base;
  }

  get ballot(): Ballot {
    return this.#ballot;
  }

  get slotsInFlight(): number {
    return this.#inFlight.size;
  }

  /** Shows why it may propose what it will. The ballot is on its way to stable storage. */
  announce(out: Output): void {
    if (this.#newView === undefined) return;
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: this.#newView });
  }

  /** An acceptor has promised this ballot and is not in its view: it missed that, or has forgotten. */
  show(acceptor: Address, out: Output): void {
    if (this.#newView !== undefined) out.sendAfterPersist.push({ to: acceptor, message: this.#newView });
  }

  /** The own acceptor tells how far its log and the stable checkpoint have got. */
  stands(stable: Slot, chosenThrough: Slot): void {
    this.#stable = Math.max(this.#stable, stable);
    this.#chosenThrough = Math.max(this.#chosenThrough, chosenThrough);
    for (const [slot, { accept }] of this.#inFlight) {
      if (slot > this.#chosenThrough) continue;
      this.#inFlight.delete(slot);
      this.#sizeBytes -= accept.value.length;
    }
  }

  /** Proposes what the view requires, then what waits, as far as the window has room. */
  flush(pool: RequestPool, out: Output): void {
    const { windowSlots, windowBytes } = this.#configuration.limits;
    while (this.#nextSlot <= this.#stable + windowSlots && this.#sizeBytes < windowBytes) {
      const value = this.#nextSlot <= this.#view.through ? this.#required(this.#nextSlot, pool) : this.#next(pool);
      if (value === undefined) return;
      this.#propose(value, out);
    }
  }

  tick(out: Output): void {
    for (const proposal of this.#inFlight.values()) {
      proposal.ageTicks += 1;
      if (proposal.ageTicks % this.#configuration.timing.retryTicks === 0) this.#send(proposal.accept, out);
    }
  }

  #required(slot: Slot, pool: RequestPool): Value {
    const key = this.#view.required.get(slot);
    const value = key === undefined ? noOp : (this.#values.get(key) ?? noOp);
    pool.propose((commandsOf(value) ?? []).map((command) => keyOf(this.#configuration.digest(command))));
    return value;
  }

  /** Only a proposer that knows what was served up to the view's base can tell what was not. */
  #next(pool: RequestPool): Value | undefined {
    return this.#chosenThrough < this.#view.base ? undefined : pool.take();
  }

  #propose(value: Value, out: Output): void {
    const slot = this.#nextSlot;
    this.#nextSlot += 1;
    const accept: Accept = { kind: "Accept", ballot: this.#ballot, slot, value, signature: unsigned };
    this.#inFlight.set(slot, { accept, ageTicks: 0 });
    this.#sizeBytes += value.length;
    this.#send(accept, out);
  }

  /** Nothing of a ballot leaves before it is on stable storage that this proposer has led it. */
  #send(accept: Accept, out: Output): void {
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: accept });
  }
}
