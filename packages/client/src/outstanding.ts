/**
 * What a session has sent and not had answered.
 */
import { nodeOf, roleOf, type Access, type Address } from "@synod/protocol";
import type { Reply } from "@synod/machines";
import type { Batch } from "./batch.ts";
import { Witnesses } from "./witnesses.ts";

/** What is sent again when its time has come. */
export type Retried = Pick<Batch, "ticket" | "retryAt" | "refused" | "timesSent" | "timesOverloaded" | "witnesses">;

/** Before it is sent the first time. */
export function newRetried(): Retried {
  return { ticket: 0, retryAt: 0, refused: false, timesSent: 0, timesOverloaded: 0, witnesses: undefined };
}

export class Outstanding {
  /** By sequence, in order. */
  readonly requests = new Map<number, Batch>();
  /** By number. */
  readonly reads = new Map<number, Batch>();
  /** The opening of the session; the reply repeats its nonce. */
  opening: (Retried & { readonly nonce: number }) | undefined;
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  *batches(): Iterable<Batch> {
    yield* this.requests.values();
    yield* this.reads.values();
  }

  /** What was sent under a ticket, if it has not been answered or sent anew since. */
  byTicket(ticket: number): Retried | undefined {
    if (ticket === this.opening?.ticket) return this.opening;
    for (const batch of this.batches()) if (batch.ticket === ticket) return batch;
    return undefined;
  }

  /** An answer comes; whether enough learners of the cluster have given this one to what waits for it. */
  isBelieved(from: Address, reply: Reply, bytes: Uint8Array): boolean {
    const { answers, nodes } = this.#access;
    if (answers === 1) return true;
    const node = nodeOf(from);
    if (roleOf(from) !== "learner" || !nodes.includes(node)) return false;
    const asked = this.#askedFor(reply);
    if (asked === undefined) return false;
    asked.witnesses ??= new Witnesses(answers);
    return asked.witnesses.agree(node, bytes);
  }

  #askedFor(reply: Reply): Retried | undefined {
    switch (reply.kind) {
      case "opened":
        return this.opening;
      case "read":
        return this.reads.get(reply.sequence);
      default:
        return this.requests.get(reply.sequence);
    }
  }
}
