/**
 * Every acknowledged command survives and runs once. The chosen log says what runs (see sessions.ts); this compares it
 * with what the replicas gave to their state machines, with what they answered, and, command by command and whatever
 * number a request went under, with what the clients asked and were told.
 */
import { limits, type Value } from "@synod/protocol";
import { ReplyReader } from "@synod/machines";
import { crc32c, DecodeError } from "@synod/wire";
import type { Report } from "../world/violation.ts";
import { SessionModel, type RequestRun, type SlotEffect } from "./sessions.ts";
import { CommandSum, refusedAnswer, type AppliedSlot } from "./watched-machine.ts";

/** The life of one command: all with the same bytes are one. */
interface CommandRecord {
  /** How often clients asked for it, how often it has run, and how often a client was told its answer. */
  asked: number;
  ran: number;
  told: number;
  lastRun: string;
  /** Checksums of the answers that its runs gave. */
  answers: Set<number> | "unknown";
}

export class OnceChecker {
  readonly #report: Report;
  readonly #model = new SessionModel();
  readonly #effects = new Map<number, SlotEffect>();
  readonly #commands = new Map<number, CommandRecord>();
  readonly #replies = new ReplyReader();
  /** Requests that were chosen again after they had run. */
  repeated = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  /** A client asks for a command. */
  asks(command: Uint8Array): void {
    this.#record(command).asked += 1;
  }

  /** A client is told the answer to a command that it asked for. */
  isTold(command: Uint8Array, answer: Uint8Array): void {
    const record = this.#record(command);
    record.told += 1;
    if (record.told > record.ran) {
      this.#report("once", `clients are told ${record.told} answers to a command that has run ${times(record.ran)}`);
    } else if (record.answers !== "unknown" && !record.answers.has(crc32c(answer))) {
      this.#report("once", `a client is told an answer that its command did not give, ${record.lastRun}`);
    }
  }

  /** A value is chosen, in the slot after the one before. */
  chosen(slot: number, value: Value): void {
    let effect: SlotEffect = { runs: [], repeated: [] };
    try {
      effect = this.#model.apply(slot, value);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#report("validity", `slot ${slot} holds no requests: ${failure.message}`);
    }
    this.#effects.set(slot, effect);
    this.repeated += effect.repeated.length;
    for (const run of effect.runs) for (const command of run.commands) this.#runs(run, this.#record(command));
  }

  /** The replica of a node has applied a slot: its state machine must have been given what runs in it. */
  applied(node: number, slot: number, applied: AppliedSlot): void {
    const effect = this.#effects.get(slot);
    // Past the bound of one request's replies the rest of its commands is refused unseen.
    if (effect === undefined) return;
    const { runs, repeated } = effect;
    if (applied.replyBytes >= limits.answerBytes) return this.#cannotTell(runs);
    const expected = new CommandSum();
    for (const { commands } of runs) for (const command of commands) expected.add(command);
    if (!expected.equals(applied.commands)) {
      const before = repeated.map((run) => `; ${show(run)} before`).join("");
      const here = runs.length === 0 ? "no request runs" : runs.map(show).join(" and ");
      const ran = `node ${node} runs ${applied.commands.count} commands at slot ${slot}`;
      this.#report("once", `${ran}, by the chosen log ${here} with ${expected.count}${before}`);
      return;
    }
    this.#takeAnswers(runs, applied.answers);
  }

  /** A replica answers a client. */
  responds(node: number, bytes: Uint8Array): void {
    const reply = this.#replies.read(bytes);
    switch (reply.kind) {
      case "opened":
        if (this.#model.opened(reply.nonce, reply.session)) return;
        return this.#report("sessions", `node ${node} gives out session ${reply.session}, which is not the client's`);
      case "done":
        return this.#answersRequest(node, reply.session, reply.sequence);
      case "expired":
        // Within the bounds of a replica nothing that a client still asks for is forgotten.
        if (!this.#model.isOpen(reply.session) || this.#model.size > limits.sessions) return;
        return this.#report("sessions", `node ${node} has forgotten session ${reply.session}`);
      case "outOfOrder":
      case "read":
        return;
    }
  }

  #runs(run: RequestRun, record: CommandRecord): void {
    record.ran += 1;
    if (record.ran > record.asked) {
      const before = record.ran > 1 ? `: ${record.lastRun}, then ${show(run)}` : `: ${show(run)}`;
      this.#report("once", `a command that was asked for ${times(record.asked)} runs ${times(record.ran)}${before}`);
    }
    record.lastRun = show(run);
  }

  #takeAnswers(runs: readonly RequestRun[], answers: readonly number[]): void {
    let at = 0;
    for (const run of runs) {
      const own = answers.slice(at, at + run.commands.length);
      at += run.commands.length;
      if (run.answers !== undefined) continue;
      run.answers = own;
      for (const [index, command] of run.commands.entries()) {
        const answer = own[index];
        const { answers: known } = this.#record(command);
        if (answer !== undefined && known !== "unknown") known.add(answer);
      }
    }
  }

  #cannotTell(runs: readonly RequestRun[]): void {
    for (const { commands } of runs) for (const command of commands) this.#record(command).answers = "unknown";
  }

  #answersRequest(node: number, session: number, sequence: number): void {
    const run = this.#model.run(session, sequence);
    const which = `node ${node} answers session ${session} request ${sequence}`;
    if (run === undefined) return this.#report("once", `${which}, which runs nowhere in the chosen log`);
    const { answers } = run;
    if (answers === undefined) return;
    let told = 0;
    let differs = false;
    const compare = (index: number, answer: number): void => {
      told += 1;
      differs ||= answers[index] !== answer;
    };
    this.#replies.visit({
      reply: (index, reply) => compare(index, crc32c(reply.raw(reply.remaining, "reply"))),
      refused: (index) => compare(index, refusedAnswer),
    });
    if (differs || told !== answers.length)
      this.#report("once", `${which} otherwise than when it ran at slot ${run.slot}`);
  }

  #record(command: Uint8Array): CommandRecord {
    // Commands that share a key are counted together, which hides nothing but what happens to both.
    const key = crc32c(command) * 2 ** 20 + (command.length % 2 ** 20);
    let record = this.#commands.get(key);
    if (record === undefined) {
      record = { asked: 0, ran: 0, told: 0, lastRun: "never run", answers: new Set() };
      this.#commands.set(key, record);
    }
    return record;
  }
}

function show({ slot, session, sequence }: RequestRun): string {
  return `session ${session} request ${sequence} ran at slot ${slot}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
