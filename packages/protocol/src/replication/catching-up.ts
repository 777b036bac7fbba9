/**
 * How a learner that is behind gets what it lacks: from the log of its own acceptor, then from the others' in turn,
 * and when a log no longer goes back so far, from the snapshot of the learner beside it.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import type { Timing } from "../limits.ts";
import type { Envelope, RoleStatus } from "../output.ts";
import type { CatchUp, Chosen, FetchSnapshot, Slot, SnapshotPart } from "./messages.ts";

/** What it must know of the configuration that it is in. */
export interface Sources {
  /** The nodes that have an acceptor with a log and a learner with snapshots. */
  readonly nodes: readonly number[];
  readonly timing: Timing;
}

/** The part of an output that it fills. */
interface Output {
  readonly send: { push(envelope: Envelope<CatchUp | FetchSnapshot>): unknown };
}

/** A snapshot on its way. */
interface Fetch {
  readonly learner: Address;
  /** 0 until the first part names it. */
  slot: Slot;
  /** The byte that comes next. */
  offset: number;
  silentTicks: number;
}

export class CatchingUp {
  readonly #sources: Sources;
  readonly #node: number;
  /** The node whose acceptor is asked next. */
  #source: number;
  #lastDelivered: Slot = 0;
  #stuckTicks = 0;
  /** At the start the own log may know more than any message says. */
  #starting = true;
  #fetch: Fetch | undefined;

  constructor(sources: Sources, node: number) {
    this.#sources = sources;
    this.#node = node;
    this.#source = node;
  }

  status(): RoleStatus {
    return { fetchedBytes: this.#fetch?.offset ?? 0 };
  }

  /** The fetched snapshot was installed or refused. */
  finished(): void {
    this.#fetch = undefined;
  }

  tick(delivered: Slot, known: Slot, out: Output): void {
    if (this.#fetch !== undefined) return this.#awaitPart(this.#fetch, out);
    const behind = this.#starting || known > delivered;
    if (!behind || delivered > this.#lastDelivered) {
      this.#lastDelivered = delivered;
      this.#stuckTicks = 0;
      if (!behind) this.#source = this.#node;
      return;
    }
    this.#stuckTicks += 1;
    if (this.#stuckTicks < this.#sources.timing.catchUpTicks) return;
    this.#stuckTicks = 0;
    this.#ask(delivered, out);
    // Whoever does not answer, or has nothing, is not asked next time.
    this.#rotate();
  }

  /** An acceptor answered; `moved` says whether it helped. */
  answered(from: Address, { trimmedThrough }: Chosen, delivered: Slot, moved: boolean, out: Output): void {
    const node = nodeOf(from);
    if (node === this.#node) this.#starting = false;
    if (moved) {
      this.#source = node;
      this.#ask(delivered, out);
    } else if (trimmedThrough > delivered && node !== this.#node && this.#fetch === undefined) {
      this.#fetch = { learner: addressOf("learner", node), slot: 0, offset: 0, silentTicks: 0 };
      this.#request(this.#fetch, out);
    }
  }

  /** Takes a part of a snapshot, if it is the one that comes next, and asks for the part after it. */
  part(from: Address, { slot, offset, sizeBytes, bytes }: SnapshotPart, delivered: Slot, out: Output): boolean {
    const fetch = this.#fetch;
    if (fetch === undefined || from !== fetch.learner) return false;
    // The other learner has no snapshot that helps, or has made a newer one meanwhile: begin again elsewhere.
    if (slot <= delivered || (fetch.slot !== 0 && slot !== fetch.slot) || bytes.length === 0) {
      this.finished();
      return false;
    }
    if (offset !== fetch.offset) return false;
    fetch.slot = slot;
    fetch.offset += bytes.length;
    fetch.silentTicks = 0;
    if (fetch.offset < sizeBytes) this.#request(fetch, out);
    return true;
  }

  #awaitPart(fetch: Fetch, out: Output): void {
    const { retryTicks, electionTicks } = this.#sources.timing;
    fetch.silentTicks += 1;
    if (fetch.silentTicks >= electionTicks) this.finished();
    else if (fetch.silentTicks % retryTicks === 0) this.#request(fetch, out);
  }

  #request({ learner, slot, offset }: Fetch, out: Output): void {
    out.send.push({ to: learner, message: { kind: "FetchSnapshot", slot, offset } });
  }

  #ask(delivered: Slot, out: Output): void {
    out.send.push({ to: addressOf("acceptor", this.#source), message: { kind: "CatchUp", from: delivered + 1 } });
  }

  #rotate(): void {
    const { nodes } = this.#sources;
    this.#source = nodes[(nodes.indexOf(this.#source) + 1) % nodes.length] ?? this.#node;
  }
}
