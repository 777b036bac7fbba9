/**
 * Client sessions, by which a retried command runs once: each replica remembers, per session, which request comes next
 * and the replies that the client may still ask for (Ongaro, *Consensus: Bridging Theory and Practice* 2014, §6.3; van
 * Renesse and Altinbuken, *Paxos Made Moderately Complex* 2015, §2.1).
 *
 * All that decides here is in the log, so every replica remembers and forgets the same, at the same slot. Where a log
 * leaves the order of some entries open, that is so at its checkpoints: see `settle`.
 */
import { limits } from "@synod/protocol";
import { ByteWriter } from "@synod/wire";
import { partBytes, type PartsReader } from "./parts.ts";

/** Bytes of replies that all sessions remember together; past it the session used longest ago is forgotten first. */
export const rememberedBytes = 64 * 1024 * 1024;

/** One session. Sequences from `next - replies.length` to `next - 1` have run and are remembered. */
export class Session {
  readonly id: number;
  /** The sequence that runs next. */
  next = 1;
  /** The client needs no reply below this sequence. */
  acknowledged = 1;
  /** The period in which it was used last. */
  period = 0;
  /** Replies in the order of their sequences. Never changed, so that a snapshot holds them as they are. */
  readonly replies: Uint8Array[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /** The reply to `sequence`, which has run; undefined when it is forgotten. */
  reply(sequence: number): Uint8Array | undefined {
    return this.replies[sequence - (this.next - this.replies.length)];
  }
}

export class Sessions {
  /** In the order of their last use, which is that of the log. */
  #sessions = new Map<number, Session>();
  #lastId = 0;
  #bytes = 0;
  /** The session used last, which is at the end already. */
  #latest: Session | undefined;
  /** Counts the settlements, from 1. */
  #period = 1;

  get size(): number {
    return this.#sessions.size;
  }

  /** Bytes of the replies remembered. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Opens a session. What is too much then, `evict` forgets. */
  open(): Session {
    const session = new Session((this.#lastId += 1));
    session.period = this.#period;
    this.#sessions.set(session.id, session);
    this.#latest = session;
    return session;
  }

  /** The session, now the one used last; undefined when it was never open or is forgotten. */
  use(id: number): Session | undefined {
    const latest = this.#latest;
    if (latest?.id === id) return latest;
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    this.#latest = session;
    session.period = this.#period;
    return session;
  }

  /**
   * The client needs no reply below `sequence` any more: they are forgotten. Those that it gave up before they ran will
   * never run.
   */
  acknowledge(session: Session, sequence: number): void {
    if (sequence <= session.acknowledged) return;
    session.acknowledged = sequence;
    while (session.replies.length > 0 && session.next - session.replies.length < sequence) this.#forgetReply(session);
    session.next = Math.max(session.next, sequence);
  }

  /** Remembers the reply to the next sequence, which has run. What is too much then, `evict` forgets. */
  remember(session: Session, reply: Uint8Array): void {
    session.next += 1;
    session.replies.push(reply);
    this.#bytes += reply.length;
    if (session.replies.length > limits.sessionRequests) this.#forgetReply(session);
  }

  /** Forgets what is too much: the sessions used longest ago; of the one used last only its older replies. */
  evict(): void {
    while (this.#sessions.size > limits.sessions) this.#forgetOldest();
    while (this.#bytes > rememberedBytes && this.#sessions.size > 1) this.#forgetOldest();
    if (this.#bytes <= rememberedBytes) return;
    for (const session of this.#sessions.values()) {
      while (this.#bytes > rememberedBytes && session.replies.length > 1) this.#forgetReply(session);
    }
  }

  /**
   * The sessions used since the last time take the order of their numbers. So replicas remember and forget the same,
   * though they applied what does not interfere in different orders.
   */
  settle(): void {
    const used = [...this.#sessions.values()].filter(({ period }) => period === this.#period);
    for (const session of used.sort((one, other) => one.id - other.id)) {
      this.#sessions.delete(session.id);
      this.#sessions.set(session.id, session);
    }
    this.#latest = undefined;
    this.#period += 1;
  }

  /** The sessions as they are now, in parts that are made on demand. */
  capture(): Iterator<Uint8Array, undefined> {
    const sessions = Array.from(this.#sessions.values(), ({ id, next, acknowledged, replies }) => ({
      id,
      next,
      acknowledged,
      replies: [...replies],
    }));
    return sessionParts(this.#lastId, sessions);
  }

  /** Reads what `capture` wrote. @throws DecodeError */
  static restore(reader: PartsReader): Sessions {
    const restored = new Sessions();
    restored.#lastId = reader.integer("last session");
    const count = reader.u32("session count");
    for (let i = 0; i < count; i++) {
      const session = new Session(reader.integer("session"));
      session.next = reader.integer("next sequence");
      session.acknowledged = reader.integer("acknowledged");
      const replies = reader.u32("remembered replies");
      for (let j = 0; j < replies; j++) {
        const reply = reader.bytes("remembered reply").slice();
        session.replies.push(reply);
        restored.#bytes += reply.length;
      }
      restored.#sessions.set(session.id, session);
    }
    return restored;
  }

  #forgetOldest(): void {
    for (const [id, session] of this.#sessions) {
      for (const reply of session.replies) this.#bytes -= reply.length;
      this.#sessions.delete(id);
      return;
    }
  }

  #forgetReply(session: Session): void {
    this.#bytes -= session.replies.shift()?.length ?? 0;
  }
}

type Captured = Pick<Session, "id" | "next" | "acknowledged" | "replies">;

function* sessionParts(lastId: number, sessions: readonly Captured[]): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter(1024);
  writer.integer(lastId);
  writer.u32(sessions.length);
  for (const { id, next, acknowledged, replies } of sessions) {
    writer.integer(id);
    writer.integer(next);
    writer.integer(acknowledged);
    writer.u32(replies.length);
    for (const reply of replies) {
      writer.bytes(reply);
      if (writer.length >= partBytes) yield writer.take(partBytes);
    }
  }
  yield writer.take();
  return undefined;
}
