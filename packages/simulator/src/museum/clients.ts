/**
 * Bugs of clients: of what a retry is, and of what an answer says.
 */
import { Overloaded, Session, type CallOptions, type SessionOptions } from "@synod/client";
import type { Address, ServiceMessage } from "@synod/protocol";
import type { ByteReader, ByteWriter } from "@synod/wire";
import type { Exhibit } from "./exhibit.ts";
import { multiWith } from "./multi-exhibits.ts";
import { doneFor, readDone, requestsOf } from "./sessions-bytes.ts";

const faults: readonly string[] = ["node-crash", "loss", "partition"];

const retryUnderNewNumber: Exhibit = {
  name: "retry-under-new-number",
  title: "A client that hears nothing asks again under a new number, and the command runs twice",
  story:
    "A lost answer looks like a lost request. Jepsen found in 2024 that jetcd, etcd's client for Java, retried writes and " +
    "transactions whose outcome it did not know, so that an append was there twice; etcd's client for Go had stopped to " +
    "do so in 2016. A retry is safe only if the replicas can tell it from a new request: it must keep its number, and " +
    "its session.",
  source:
    "Jepsen, jetcd 0.8.2 (2024), and etcd-io/jetcd issue 1444; etcd-io/etcd pull request 6691 (2016); Ongaro, " +
    "Consensus: Bridging Theory and Practice (2014), §6.3",
  simulation: multiWith({ session: (options) => new HastySession(options) }),
  options: { faults },
};

type Settle<Answer> = (answer: Answer) => void;

const hastyMs = 300;
const patientTries = 10;

class HastySession extends Session {
  override submitCommand<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    resolve: Settle<Answer>,
    reject: Settle<unknown>,
    options?: CallOptions,
  ): void {
    const ask = (triesLeft: number): void => {
      const retry = (error: unknown): void => (triesLeft > 0 ? ask(triesLeft - 1) : reject(error));
      const given = triesLeft > 0 ? { ...options, deadlineMs: hastyMs } : options;
      super.submitCommand(encode, decode, resolve, retry, given);
    };
    ask(patientTries);
  }
}

const timeoutTakenForFailure: Exhibit = {
  name: "timeout-taken-for-failure",
  title: "A client that hears nothing in time says that the command had no effect",
  story:
    "A deadline that passes says something about the answer, and nothing about the command: it may have run, and it may " +
    "still run. Programs that read it as a failure undo what happened, or promise somebody else what is already taken. " +
    "The maintainers of etcd had to say so of a put that returns an error in one of their own test programs.",
  source: "etcd-io/etcd issue 6584 (2016)",
  simulation: multiWith({ session: (options) => new ConfidentSession(options) }),
  options: { faults },
};

class ConfidentSession extends Session {
  override submitCommand<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    resolve: Settle<Answer>,
    reject: Settle<unknown>,
    options?: CallOptions,
  ): void {
    const failed = (): void => reject(new Overloaded({ message: "it did not run", mayTakeEffect: false }));
    super.submitCommand(encode, decode, resolve, failed, { ...options, deadlineMs: hastyMs });
  }
}

const answerTakenByPosition: Exhibit = {
  name: "answer-taken-by-position",
  title: "An answer is taken for that of the request that waits longest",
  story:
    "Where requests and answers keep their order, the next answer is that of the oldest request, until somebody gives up " +
    "waiting. redis-py left the answer to a cancelled command in the connection, and gave it to the command that came " +
    "next: from then on everybody got the answer before. In March 2023 users of ChatGPT so saw the titles of other " +
    "people's conversations.",
  source: "redis/redis-py issues 2624 and 2665 (2023); OpenAI, March 20 ChatGPT outage (2023)",
  simulation: multiWith({ session: (options) => new OrderlySession(options) }),
  options: { faults },
};

/** What waits for its answer, as the requests that leave show it. */
class OrderlySession extends Session {
  readonly #latest: { session: number; sequence: number };

  constructor(options: SessionOptions) {
    const latest = { session: 0, sequence: 0 };
    super({
      ...options,
      send(to, message) {
        if (message.kind === "Request") {
          for (const { session, sequence } of requestsOf(message.command)) Object.assign(latest, { session, sequence });
        }
        options.send(to, message);
      },
    });
    this.#latest = latest;
  }

  override post(from: Address, message: ServiceMessage): void {
    const done = message.kind === "Response" ? readDone(message.reply) : undefined;
    if (message.kind !== "Response" || done === undefined) return super.post(from, message);
    super.post(from, { ...message, reply: doneFor(message.reply, this.#latest) });
  }
}

const sessionOfAnEarlierProcess: Exhibit = {
  name: "session-of-an-earlier-process",
  title: "A client that starts again takes the session of the process before it",
  story:
    "A client asks for a session and takes the first answer that comes. A learner that reads its log back answers old " +
    "openings once more, and the network keeps things for a while: the answer may be the one to the process that had " +
    "this address before. Its first request then has a number that has long run, and is answered from memory: a write " +
    "is acknowledged, and is nowhere. This client had the bug before its openings got a random number of their own.",
  source:
    "the history of this project's own client; van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), §2.1, on unique command identifiers",
  simulation: multiWith({
    comesBack: ({ address }) => address,
    session: (options) => new Session({ ...options, random: () => 0.5 }),
  }),
  options: { faults: ["departure", "duplication", "delay"], nodes: 3 },
};

export const clientExhibits: readonly Exhibit[] = [
  retryUnderNewNumber,
  timeoutTakenForFailure,
  answerTakenByPosition,
  sessionOfAnEarlierProcess,
];
