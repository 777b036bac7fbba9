/**
 * A client with a real session, as a program has one: it asks for one thing after another, gives up at a deadline, and
 * sometimes cancels.
 */
import { nodeOf, type multi } from "@synod/protocol";
import type { ClientError, Session, SessionOptions } from "@synod/client";
import type { Person, PersonSurroundings } from "../world/protocol.ts";
import type { Workload } from "../world/workload.ts";

/** How long it tries unless it is impatient, and how long once the faults are over: for ever, as a run goes. */
const deadlineMs = 5000;
const lastDeadlineMs = 1_000_000;

export interface SessionPersonOptions {
  readonly surroundings: PersonSurroundings<multi.Message>;
  readonly nodes: readonly number[];
  readonly workload: Workload;
  /** Another number each time, in the whole run. */
  readonly nextUnique: () => number;
  readonly newSession: (options: SessionOptions) => Session;
}

export class SessionPerson implements Person<multi.Message> {
  readonly resident: Session;
  satisfied = false;
  readonly #surroundings: PersonSurroundings<multi.Message>;
  readonly #workload: Workload;
  readonly #nextUnique: () => number;
  #process: number;
  #finishing = false;
  #asking = false;

  constructor({ surroundings, nodes, workload, nextUnique, newSession }: SessionPersonOptions) {
    const { address, randomness, send, wake, now, history } = surroundings;
    this.#surroundings = surroundings;
    this.#workload = workload;
    this.#nextUnique = nextUnique;
    this.#process = history.newProcess();
    this.resident = newSession({
      client: nodeOf(address),
      nodes,
      send,
      wake,
      now,
      ticking: () => undefined,
      random: randomness.stream("session").next,
    });
  }

  begin(): void {
    this.resident.start();
    this.#think();
  }

  finish(): void {
    this.#finishing = true;
    this.#askLast();
  }

  #think(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, 40_000), () => {
      if (!this.#finishing) this.#ask(deadlineMs);
    });
  }

  #askLast(): void {
    if (!this.#asking && !this.satisfied) this.#ask(lastDeadlineMs);
  }

  #ask(deadline: number): void {
    const { randomness, history, manners, after } = this.#surroundings;
    const { kind, f, key, value, encode, decode } = this.#workload.next(randomness, this.#nextUnique());
    const last = this.#finishing;
    const invocation = history.invoke(this.#process, f, key, value);
    const settled = (): void => {
      this.#asking = false;
      if (this.#finishing) this.#askLast();
      else this.#think();
    };
    const resolve = (answer: unknown): void => {
      invocation.ok(answer);
      this.satisfied = last;
      settled();
    };
    const reject = (error: unknown): void => {
      if (surelyNotRun(error as ClientError)) invocation.fail();
      else {
        invocation.info();
        this.#process = history.newProcess();
      }
      settled();
    };
    this.#asking = true;
    const impatient = !last && randomness.chance(manners.impatience);
    const canceller = !last && randomness.chance(manners.fickleness) ? new AbortController() : undefined;
    const options = {
      deadlineMs: impatient ? randomness.integer(10, 400) : deadline,
      ...(canceller === undefined ? {} : { signal: canceller.signal }),
    };
    if (canceller !== undefined) after(randomness.integer(0, 200_000), () => canceller.abort());
    if (kind === "command") this.resident.submitCommand(encode, decode, resolve, reject, options);
    else this.resident.submitQuery(encode, decode, resolve, reject, options);
  }
}

/** All other errors leave open whether the command took effect. */
function surelyNotRun(error: ClientError): boolean {
  return error._tag === "Overloaded";
}
