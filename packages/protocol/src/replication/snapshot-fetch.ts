/**
 * Another learner's snapshot on its way here, of which no single learner is believed: each part is asked of all, and
 * taken when f + 1 send the same. Learners make their snapshots at the same slots, so that they can be the same.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import type { Timing } from "../limits.ts";
import { sameValue } from "../value.ts";
import type { Envelope } from "../output.ts";
import type { FetchSnapshot, Slot, SnapshotPart } from "./messages.ts";

/** The part of an output that it fills. */
interface Output {
  readonly send: { push(envelope: Envelope<FetchSnapshot>): unknown };
}

export class SnapshotFetch {
  readonly #timing: Timing;
  readonly #enough: number;
  readonly #learners: readonly Address[];
  /** By node: what it sent of the part that comes next. */
  readonly #parts = new Map<number, SnapshotPart>();
  /** 0 until enough have named it. */
  #slot: Slot = 0;
  #offset = 0;
  #silentTicks = 0;

  /** @param nodes of the learners to ask */
  constructor(timing: Timing, enough: number, nodes: readonly number[]) {
    this.#timing = timing;
    this.#enough = enough;
    this.#learners = nodes.map((node) => addressOf("learner", node));
  }

  get fetchedBytes(): number {
    return this.#offset;
  }

  /** Asks all for the part that comes next. */
  ask(out: Output): void {
    this.#parts.clear();
    for (const to of this.#learners) {
      out.send.push({ to, message: { kind: "FetchSnapshot", slot: this.#slot, offset: this.#offset } });
    }
  }

  /** False when it has got nowhere for so long that it should begin anew. */
  tick(out: Output): boolean {
    this.#silentTicks += 1;
    if (this.#silentTicks >= this.#timing.electionTicks) return false;
    if (this.#silentTicks % this.#timing.retryTicks === 0) this.ask(out);
    return true;
  }

  /** A learner sends a part. Returns one that is believed, and asks for the next, if there is one. */
  part(from: Address, part: SnapshotPart, delivered: Slot, out: Output): SnapshotPart | undefined {
    if (!this.#learners.includes(from) || part.offset !== this.#offset || part.bytes.length === 0) return undefined;
    if (part.slot <= delivered || (this.#slot !== 0 && part.slot !== this.#slot)) return undefined;
    this.#parts.set(nodeOf(from), part);
    const equal = [...this.#parts.values()].filter((other) => isSame(part, other));
    if (equal.length < this.#enough) return undefined;
    this.#slot = part.slot;
    this.#offset += part.bytes.length;
    this.#silentTicks = 0;
    this.#parts.clear();
    if (this.#offset < part.sizeBytes) this.ask(out);
    return part;
  }
}

function isSame(one: SnapshotPart, other: SnapshotPart): boolean {
  return one.slot === other.slot && one.sizeBytes === other.sizeBytes && sameValue(one.bytes, other.bytes);
}
