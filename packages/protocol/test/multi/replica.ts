/**
 * What stands behind a learner in the toy world: the list of all values applied, and a durable snapshot of it.
 */
import type { Value } from "../../src/index.ts";
import type { Message, PartDelivery } from "../../src/multi/index.ts";
import type { Oracle } from "./oracle.ts";
import { text, value } from "./stage.ts";

interface Snapshot {
  readonly slot: number;
  readonly bytes: Uint8Array;
}

const partBytes = 40;

export class Replica {
  readonly #oracle: Oracle;
  #values: string[] = [];
  /** Durable. */
  #snapshot: Snapshot | undefined;
  #incoming: { readonly slot: number; readonly bytes: number[] } | undefined;

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  get applied(): number {
    return this.#values.length;
  }

  get state(): string {
    return this.#values.join(" ");
  }

  apply(slot: number, what: Value): void {
    if (slot !== this.applied + 1) throw new Error(`slot ${slot} is delivered after slot ${this.applied}`);
    this.#oracle.delivered(slot, what);
    this.#values.push(text(what));
  }

  read(query: Uint8Array): void {
    this.#oracle.read(this.applied, Number(text(query)));
  }

  snapshot(): void {
    if (this.applied > 0) this.#snapshot = { slot: this.applied, bytes: value(this.state) };
  }

  /** Comes back from its snapshot. */
  restart(): void {
    this.#incoming = undefined;
    this.#restore();
  }

  serve(slot: number, offset: number): Message {
    const newest = this.#snapshot;
    const same = newest !== undefined && (slot === 0 || slot === newest.slot);
    const bytes = same ? newest.bytes.slice(offset, offset + partBytes) : new Uint8Array(0);
    return { kind: "SnapshotPart", slot: newest?.slot ?? 0, offset, sizeBytes: newest?.bytes.length ?? 0, bytes };
  }

  part({ slot, offset, sizeBytes, bytes }: PartDelivery): "incomplete" | "refused" | "installed" {
    if (offset === 0) this.#incoming = { slot, bytes: [] };
    if (this.#incoming?.slot !== slot || this.#incoming.bytes.length !== offset) return "refused";
    this.#incoming.bytes.push(...bytes);
    if (this.#incoming.bytes.length < sizeBytes) return "incomplete";
    if (slot > (this.#snapshot?.slot ?? 0)) this.#snapshot = { slot, bytes: Uint8Array.from(this.#incoming.bytes) };
    this.#incoming = undefined;
    if (slot > this.applied) this.#restore();
    return "installed";
  }

  #restore(): void {
    this.#values = this.#snapshot === undefined ? [] : text(this.#snapshot.bytes).split(" ");
    if (this.applied !== (this.#snapshot?.slot ?? 0)) throw new Error("a snapshot holds as many values as its slot");
  }
}
