/**
 * Bugs of sessions in the replicas: of which request has run, and what was answered.
 */
import { Replica, type ReplicaOptions, type Respond, type StateMachine } from "@synod/machines";
import type { Address, Value } from "@synod/protocol";
import { ByteReader, ByteWriter } from "@synod/wire";
import type { Exhibit } from "./exhibit.ts";
import { multiWith } from "./multi-exhibits.ts";
import { doneFor, openedAs, readDone, requestsOf, type FoundRequest } from "./sessions-bytes.ts";
import { changed, joined } from "./snapshots-bytes.ts";

const sessionsKeptPerNode: Exhibit = {
  name: "sessions-kept-per-node",
  title: "Each node remembers the requests that came to it, and only those",
  story:
    "A table of the requests that were answered, kept by the server that answered them, makes retries safe as long as " +
    "clients retry at the same server. After a change of leader they do not. The table has to be part of the replicated " +
    "state: every replica must decide in the same way, at the same place of the log, whether a request is new.",
  source:
    "Ongaro, Consensus: Bridging Theory and Practice (2014), §6.3; van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), §2.1",
  simulation: multiWith({ replica: (options) => new ProvincialReplica(options) }),
  options: { faults: ["node-crash", "loss"] },
};

/** Runs a request again that came before, unless it came to this node. */
class ProvincialReplica extends Replica {
  readonly #machine: StateMachine;
  readonly #node: number;
  readonly #next = new Map<number, number>();

  constructor(options: ReplicaOptions) {
    super(options);
    this.#machine = options.machine;
    this.#node = options.node;
  }

  override apply(slot: number, value: Value, respond: Respond): void {
    super.apply(slot, value, respond);
    for (const request of requestsOf(value)) {
      const next = this.#next.get(request.session) ?? 1;
      if (request.sequence >= next) this.#next.set(request.session, request.sequence + 1);
      else if (request.replyTo !== this.#node) this.#run(value, request);
    }
  }

  #run(value: Value, { start, end, count }: FoundRequest): void {
    const commands = new ByteReader(value, start, end);
    for (let i = 0; i < count; i++) this.#machine.apply(new ByteReader(commands.bytes("command")), new ByteWriter());
  }
}

const sessionsForgottenOnRestart: Exhibit = {
  name: "sessions-forgotten-on-restart",
  title: "A replica that starts again knows the sessions, and not which of their requests have run",
  story:
    "The replies that clients may still ask for are large and change with every request, so that it is tempting to keep " +
    "them in memory alone. The number of the request that runs next goes with them. A client whose answer was lost in " +
    "the crash retries, and its command runs once more on this replica, and on no other.",
  source: "Ongaro, Consensus: Bridging Theory and Practice (2014), §6.3",
  simulation: multiWith({ replica: (options) => new DrowsyReplica(options) }),
  options: { faults: ["node-crash", "loss"] },
};

class DrowsyReplica extends Replica {
  override restore(parts: Iterable<Uint8Array>, expectedSlot?: number): void {
    const bytes = changed(joined(parts), (snapshot) => ({
      ...snapshot,
      sessions: snapshot.sessions.map((session) => ({ ...session, next: session.acknowledged, replies: [] })),
    }));
    super.restore([bytes], expectedSlot);
  }
}

const replyOfAnotherRequest: Exhibit = {
  name: "reply-of-another-request",
  title: "A retry is answered with the reply to the request before",
  story:
    "Replies that are remembered in a list are found by counting, and counting goes wrong by one when a client has " +
    "acknowledged some of them. The request runs once, as it should, and its client is told the result of another one: " +
    "an increment that says 4 twice, a compare-and-set that says no and has done it.",
  source: "Liskov and Cowling, Viewstamped Replication Revisited (2012), §4, on the client table and its cached result",
  simulation: multiWith({ replica: (options) => new ForgettingReplica(options) }),
  options: { faults: ["node-crash", "loss"] },
};

/** Answers what it has answered before with the reply before that. */
class ForgettingReplica extends Replica {
  readonly #latest = new Map<
    number,
    { readonly sequence: number; readonly reply: Uint8Array; readonly before: Uint8Array }
  >();

  override apply(slot: number, value: Value, respond: Respond): void {
    super.apply(slot, value, (client, reply) => {
      const done = readDone(reply);
      respond(client, done === undefined ? reply : this.#remembered(done, reply));
    });
  }

  #remembered(done: { readonly session: number; readonly sequence: number }, reply: Uint8Array): Uint8Array {
    const latest = this.#latest.get(done.session);
    if (latest?.sequence === done.sequence) return doneFor(latest.before, done);
    this.#latest.set(done.session, { sequence: done.sequence, reply, before: latest?.reply ?? reply });
    return reply;
  }
}

const sessionNumberGivenTwice: Exhibit = {
  name: "session-number-given-twice",
  title: "Two clients get the same session",
  story:
    "A session is as good as its number is unique. NebulaGraph took the time for it, and gave the same one to clients " +
    "that came together; ZooKeeper shifted a time stamp with its sign, so that from 2022 on it ran over the part of the " +
    "number that tells the servers apart. Two clients in one session take each other's requests for their own retries: " +
    "a command is answered, and never ran.",
  source: "vesoft-inc/nebula pull request 5916 (2024); ZOOKEEPER-1622, session ids will be negative in the year 2022",
  simulation: multiWith({ replica: (options) => new SharingReplica(options) }),
  options: { faults: ["node-crash"] },
};

/** Says of every second session that it is the one before. */
class SharingReplica extends Replica {
  override apply(slot: number, value: Value, respond: Respond): void {
    super.apply(slot, value, (client, reply) =>
      respond(
        client,
        openedAs(reply, (session) => session - ((session + 1) % 2)),
      ),
    );
  }
}

const sessionsExpiredByEachNode: Exhibit = {
  name: "sessions-expired-by-each-node",
  title: "Each replica decides for itself when a session has been idle for too long",
  story:
    "A table of sessions must not grow for ever, and the time since a session was last heard of is what every server can " +
    "see for itself. But two servers do not see the same: their clocks differ, and a query that one of them answered is " +
    "news to the other. One has forgotten a session and refuses a command, the other has not and runs it. When a session " +
    "goes has to be decided by the log, like everything else.",
  source: "Ongaro, Consensus: Bridging Theory and Practice (2014), §6.3, on when to expire sessions",
  simulation: multiWith({ replica: (options) => new ImpatientReplica(options) }),
  options: { faults: ["node-crash"] },
};

const patientQueries = 25;

/** Counts what it answers by itself instead of what the log says. */
class ImpatientReplica extends Replica {
  #queries = 0;

  override query(client: Address, query: Uint8Array, respond: Respond): void {
    super.query(client, query, respond);
    this.#queries += 1;
    if (this.#queries % patientQueries === 0) this.#forgetSessions();
  }

  #forgetSessions(): void {
    super.restore([changed(joined(super.snapshot()), (snapshot) => ({ ...snapshot, sessions: [] }))], this.appliedSlot);
  }
}

export const sessionExhibits: readonly Exhibit[] = [
  sessionsKeptPerNode,
  sessionsForgottenOnRestart,
  sessionsExpiredByEachNode,
  replyOfAnotherRequest,
  sessionNumberGivenTwice,
];
