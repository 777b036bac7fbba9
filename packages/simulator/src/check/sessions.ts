/**
 * What the chosen log says of the clients' sessions: which request runs at which slot. It follows the rule and not the
 * code of the replicas: a session runs its requests in the order of their sequences, each once, and those that its
 * client has given up never (Ongaro, *Consensus: Bridging Theory and Practice* 2014, §6.3). It forgets nothing.
 */
import type { Value } from "@synod/protocol";
import { readEntries, type ChosenEntry } from "./entries.ts";

/** A request that runs. */
export interface RequestRun {
  readonly slot: number;
  readonly session: number;
  readonly sequence: number;
  readonly commands: readonly Uint8Array[];
  /** Checksums of the state machine's answers; undefined until a replica has applied the slot. */
  answers: readonly number[] | undefined;
}

/** What a slot does. */
export interface SlotEffect {
  readonly runs: readonly RequestRun[];
  /** Requests in it that have run before. */
  readonly repeated: readonly RequestRun[];
}

interface Session {
  /** The sequence that runs next. */
  next: number;
  /** By sequence. */
  readonly runs: Map<number, RequestRun>;
}

export class SessionModel {
  readonly #sessions = new Map<number, Session>();
  /** By the number that a client gave to its opening: the sessions that it opened. */
  readonly #openings = new Map<number, Set<number>>();

  /** How many sessions have been opened. */
  get size(): number {
    return this.#sessions.size;
  }

  isOpen(session: number): boolean {
    return this.#sessions.has(session);
  }

  opened(nonce: number, session: number): boolean {
    return this.#openings.get(nonce)?.has(session) === true;
  }

  run(session: number, sequence: number): RequestRun | undefined {
    return this.#sessions.get(session)?.runs.get(sequence);
  }

  /** Takes the value chosen in the next slot. @throws DecodeError when it holds no entries */
  apply(slot: number, value: Value): SlotEffect {
    const runs: RequestRun[] = [];
    const repeated: RequestRun[] = [];
    for (const entry of readEntries(value)) {
      if (entry.kind === "open") this.#open(entry.nonce);
      else if (entry.kind === "request") this.#request(slot, entry, runs, repeated);
    }
    return { runs, repeated };
  }

  #open(nonce: number): void {
    const session = this.#sessions.size + 1;
    this.#sessions.set(session, { next: 1, runs: new Map() });
    const opened = this.#openings.get(nonce);
    if (opened === undefined) this.#openings.set(nonce, new Set([session]));
    else opened.add(session);
  }

  #request(
    slot: number,
    request: Extract<ChosenEntry, { readonly kind: "request" }>,
    runs: RequestRun[],
    repeated: RequestRun[],
  ): void {
    const { session: id, sequence, acknowledged, commands } = request;
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.next = Math.max(session.next, acknowledged);
    if (sequence === session.next) {
      const run = { slot, session: id, sequence, commands, answers: undefined };
      session.runs.set(sequence, run);
      session.next += 1;
      runs.push(run);
      return;
    }
    const before = session.runs.get(sequence);
    if (before !== undefined) repeated.push(before);
  }
}
