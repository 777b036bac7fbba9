/**
 * What of a run is worth a drawing: the messages that its violation is about, or else its last ones, with the faults that
 * began and the processes that ended and started among them.
 */
import { concernOf, isChatter, type Concern } from "./concern.ts";
import { watchMessages } from "./report.ts";
import type { Note, Trace, TracedMessage } from "./trace.ts";
import type { Fault } from "./world/faults/fault.ts";
import type { Lived } from "./world/process.ts";
import type { Run, RunOptions } from "./world/run.ts";
import type { Violation } from "./world/violation.ts";

/** How many messages of a run are remembered at most. */
const mostKept = 20_000;
/** Of processes that start and end. */
const mostLives = 4000;

interface Life {
  readonly at: number;
  readonly who: string;
  readonly what: Lived;
}

export class Ending {
  readonly #most: number;
  readonly #concern: Concern | undefined;
  /** Nothing goes on any more: what matters is what came before that. */
  readonly #isStandstill: boolean;
  #about: TracedMessage[] = [];
  #last: TracedMessage[] = [];
  #lives: Life[] = [];

  /**
   * @param most how many messages
   * @param violation what the run is known to end with, if it is
   */
  constructor(most = 30, violation?: Violation) {
    this.#most = most;
    this.#isStandstill = violation?.checker === "progress";
    this.#concern = violation && !this.#isStandstill ? concernOf(violation) : undefined;
  }

  /** Options with which a run shows itself to this. */
  get options(): Required<Pick<RunOptions, "sent" | "lived">> {
    return { ...watchMessages(this.take), lived: this.lived };
  }

  readonly take = (message: TracedMessage): void => {
    this.#last.push(message);
    // Cut now and then: a shift for each would cost more than the run.
    if (this.#last.length >= 2 * this.#most) this.#last = this.#last.slice(-this.#most);
    const isAbout = this.#isStandstill ? !isChatter(message) : this.#concern?.includes(message) === true;
    if (isAbout && this.#about.push(message) > mostKept) this.#about = this.#about.slice(-mostKept / 2);
  };

  readonly lived = (at: number, who: string, what: Lived): void => {
    // That all start at first goes without saying.
    if (at > 0 && this.#lives.push({ at, who, what }) > mostLives) this.#lives = this.#lives.slice(-mostLives / 2);
  };

  /** Which messages are shown, in words. */
  get words(): string {
    if (this.#about.length === 0) return "the last messages";
    if (this.#isStandstill) return "the messages around the last start or end of a process, and the last ones";
    return `the messages ${this.#concern?.words ?? ""}`;
  }

  trace(run: Run, only: RunOptions["only"]): Trace {
    const { messages, left } = this.#shown();
    const since = messages[0]?.at ?? 0;
    const until = run.violation?.at ?? Infinity;
    const lanes = new Set(messages.flatMap(({ from, to }) => [nodeOf(from), nodeOf(to)]));
    const faults = run.schedule.filter(({ index }) => only?.includes(index) !== false).flatMap(notesOf);
    const lives = notesOfLives(this.#lives.filter(({ who }) => lanes.has(nodeOf(who))));
    const notes = [...faults, ...lives].filter(({ at }) => at >= since && at <= until);
    return {
      protocol: run.protocol,
      scenario: `seed ${run.seed}`,
      messages,
      notes: [...notes, ...left].sort((one, other) => one.at - other.at),
      outcome: {
        summary: run.violation === undefined ? "no violation" : `${run.violation.checker}: ${run.violation.message}`,
        chosen: [],
        learned: {},
        answered: {},
      },
    };
  }

  /** The beginning and the end of what matters, and a note of what is left out between them. */
  #shown(): { readonly messages: readonly TracedMessage[]; readonly left: readonly Note[] } {
    if (this.#about.length === 0) return { messages: this.#last.slice(-this.#most), left: [] };
    const half = Math.floor(this.#most / 2);
    const about = this.#about.slice(this.#isStandstill ? this.#beforeLastLife(Math.floor(half / 2)) : 0);
    if (about.length <= this.#most) return { messages: about, left: [] };
    const [head, tail] = [about.slice(0, half), about.slice(half - this.#most)];
    const at = tail[0]?.at ?? 0;
    return { messages: [...head, ...tail], left: [{ at, text: `${about.length - this.#most} more of them` }] };
  }

  /** The place of the message that so many come after before a process last started or ended. */
  #beforeLastLife(count: number): number {
    const last = this.#lives.at(-1)?.at ?? 0;
    const after = this.#about.findIndex(({ at }) => at >= last);
    return Math.max(0, (after === -1 ? this.#about.length : after) - count);
  }
}

/** `2` of `acceptor 2`. */
function nodeOf(name: string): string {
  return name.split(" ")[1] ?? "";
}

/** What ends or starts in one moment is told in one line. */
function notesOfLives(lives: readonly Life[]): readonly Note[] {
  const lines = new Map<string, Life[]>();
  for (const life of lives) {
    const key = `${life.at} ${life.what}`;
    lines.set(key, [...(lines.get(key) ?? []), life]);
  }
  return [...lines.values()].flatMap((together) => {
    const [first] = together;
    if (first === undefined) return [];
    const verb = together.length === 1 ? first.what : first.what.slice(0, -1);
    return [{ at: first.at, text: `${together.map(({ who }) => who).join(", ")} ${verb}` }];
  });
}

function notesOf({ name, nodes, at, microseconds, lasting }: Fault): readonly Note[] {
  const what = nodes.length === 0 ? name : `${name} of ${nodes.join(" ")}`;
  if (lasting === true) return [{ at, text: `${what} begins, and stays` }];
  if (microseconds === 0) return [{ at, text: what }];
  return [
    { at, text: `${what} begins` },
    { at: at + microseconds, text: `${what} ends` },
  ];
}
