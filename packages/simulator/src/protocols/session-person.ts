/**
 * A client with a real session, as a program has one: it asks for one thing after another and gives up at a deadline.
 * When its manners are bad it also gives up early, cancels, repeats itself, leaves, and asks for several things at once.
 */
import { addressOf, nodeOf, type Access, type Address, type ServiceMessage } from "@synod/protocol";
import { LimitError, Overloaded, type ClientError, type Session, type SessionOptions } from "@synod/client";
import type { Resident } from "@synod/driver";
import type { Invocation } from "../world/history.ts";
import type { Person, PersonSurroundings } from "../world/protocol.ts";
import { WorkloadError, type Operation, type Workload } from "../world/workload.ts";

/** How long it tries unless it is impatient, and how long once the faults are over: for ever, as a run goes. */
const deadlineMs = 5000;
const lastDeadlineMs = 1_000_000;
/** How many things one may ask for at once, beside the first. */
const mostBeside = 5;
/** How late what it sends may come again, in microseconds. */
const repetitions: readonly number[] = [1000, 100_000, 1_000_000];

export interface SessionPersonOptions {
  readonly surroundings: PersonSurroundings<ServiceMessage>;
  readonly access: Access;
  readonly workload: Workload;
  /** Another number each time, in the whole run. */
  readonly nextUnique: () => number;
  readonly newSession: (options: SessionOptions) => Session;
  /** The address under which it comes back when it went away. */
  readonly comesBack: (surroundings: PersonSurroundings<ServiceMessage>) => Address;
  /** The longest that it thinks between one thing and the next. */
  readonly thinkMicroseconds: number;
}

export class SessionPerson implements Person<ServiceMessage> {
  readonly resident: Resident<ServiceMessage>;
  satisfied = false;
  readonly #options: SessionPersonOptions;
  readonly #surroundings: PersonSurroundings<ServiceMessage>;
  #session: Session;
  #sessions = 0;
  /** Processes of the history that have no operation under way. */
  readonly #idle: number[] = [];
  #finishing = false;
  #asking = false;

  constructor(options: SessionPersonOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings;
    this.#session = this.#newSession(options.surroundings.address);
    this.resident = this.#newResident();
  }

  begin(): void {
    this.#session.start();
    this.#think();
  }

  finish(): void {
    this.#finishing = true;
    this.#askLast();
  }

  /** Whatever session it has just now. */
  #newResident(): Resident<ServiceMessage> {
    const session = (): Session => this.#session;
    return {
      post: (from, message) => session().post(from, message),
      get busy() {
        return session().busy;
      },
      turn: () => session().turn(),
      tick: () => session().tick(),
    };
  }

  #newSession(address: Address): Session {
    const { randomness, wake, now } = this.#surroundings;
    this.#sessions += 1;
    return this.#options.newSession({
      client: nodeOf(address),
      access: this.#options.access,
      send: (to, message) => this.#send(to, message),
      wake,
      now,
      ticking: () => undefined,
      random: randomness.stream("session", this.#sessions).next,
    });
  }

  #think(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, this.#options.thinkMicroseconds), () => {
      if (!this.#finishing) this.#askSome();
    });
  }

  /** One thing, and perhaps others beside it. */
  #askSome(): void {
    const { randomness, manners, struck } = this.#surroundings;
    this.#asking = true;
    this.#ask(() => {
      this.#asking = false;
      if (this.#finishing) this.#askLast();
      else this.#think();
    });
    if (randomness.chance(manners.crowding)) {
      struck("crowding");
      for (let beside = randomness.integer(1, mostBeside); beside > 0; beside--) this.#ask(() => undefined);
    }
    if (randomness.chance(manners.departure)) this.#leaveSoon();
  }

  #askLast(): void {
    if (this.#asking || this.satisfied) return;
    this.#asking = true;
    this.#ask((answered) => {
      this.#asking = false;
      this.satisfied = answered;
      this.#askLast();
    });
  }

  /** Asks for one thing; `settled` hears whether it was answered. */
  #ask(settled: (answered: boolean) => void): void {
    const { randomness, history } = this.#surroundings;
    const operation = this.#options.workload.next(randomness, this.#options.nextUnique());
    const { f, key, value } = operation;
    const process = this.#idle.pop() ?? history.newProcess();
    const invocation = history.invoke(process, f, key, value);
    this.#submit(
      operation,
      (answer) => {
        invocation.ok(answer);
        this.#idle.push(process);
        settled(true);
      },
      (error) => {
        if (this.#refused(operation, invocation, error as ClientError)) this.#idle.push(process);
        settled(false);
      },
    );
  }

  /** Whether the process may go on: what it asked for has had no effect and never will. */
  #refused({ kind }: Operation, invocation: Invocation, error: ClientError): boolean {
    const refusedAtOnce = error._tag === "Overloaded" && !error.mayTakeEffect;
    const surelyNotRun = kind === "query" || refusedAtOnce || error._tag === "CommandRefused";
    if (surelyNotRun) invocation.fail();
    else invocation.info();
    return surelyNotRun;
  }

  #submit(operation: Operation, resolve: (answer: unknown) => void, reject: (error: unknown) => void): void {
    const { kind, encode, decode } = operation;
    const { randomness, manners, after, struck } = this.#surroundings;
    const impatient = !this.#finishing && randomness.chance(manners.impatience);
    const fickle = !this.#finishing && randomness.chance(manners.fickleness);
    const canceller = fickle ? new AbortController() : undefined;
    const options = {
      deadlineMs: impatient ? randomness.integer(10, 400) : this.#finishing ? lastDeadlineMs : deadlineMs,
      ...(canceller === undefined ? {} : { signal: canceller.signal }),
    };
    if (canceller !== undefined) after(randomness.integer(0, 200_000), () => canceller.abort());
    const rejected = (error: unknown): void => {
      // What the workload does wrong is not the cluster's fault: it ends the run.
      if (error instanceof WorkloadError) throw error;
      const { _tag: tag } = error as ClientError;
      if (tag === "Cancelled") struck("fickleness");
      else if (impatient && tag !== "Closed") struck("impatience");
      reject(error);
    };
    try {
      if (kind === "command") this.#session.submitCommand(encode, decode, resolve, rejected, options);
      else this.#session.submitQuery(encode, decode, resolve, rejected, options);
    } catch (failure) {
      // Refused at once: too much waits already, or it is larger than any may be.
      if (failure instanceof LimitError) throw new WorkloadError(`workload: ${failure.message}`, { cause: failure });
      if (!(failure instanceof Overloaded)) throw failure;
      rejected(failure);
    }
  }

  /** Goes away with whatever is under way, and comes back as another client. */
  #leaveSoon(): void {
    const { randomness, after, struck } = this.#surroundings;
    after(randomness.integer(0, 100_000), () => {
      if (this.#finishing) return;
      struck("departure");
      const left = this.#session;
      this.#session = this.#newSession(this.#options.comesBack(this.#surroundings));
      this.#session.start();
      left.close();
    });
  }

  #send(to: Address, message: ServiceMessage): void {
    const { randomness, manners, send, after, struck } = this.#surroundings;
    send(to, message);
    if (message.kind !== "Request" && message.kind !== "Read") return;
    if (!randomness.chance(manners.repetition)) return;
    struck("repetition");
    // The session writes into these bytes when it sends them again itself.
    const again: ServiceMessage =
      message.kind === "Request"
        ? { ...message, command: message.command.slice() }
        : { ...message, query: message.query.slice() };
    const elsewhere = this.#anyTaker();
    const session = this.#session;
    after(randomness.integer(0, randomness.pick(repetitions)), () => {
      // It would come from another address.
      if (session === this.#session) send(elsewhere, again);
    });
  }

  /** Anyone whom such a client may ask. */
  #anyTaker(): Address {
    const { randomness } = this.#surroundings;
    const { requests, nodes, acceptors } = this.#options.access;
    return requests === "acceptors" && randomness.chance(0.5)
      ? addressOf("acceptor", randomness.pick(acceptors))
      : addressOf("proposer", randomness.pick(nodes));
  }
}
