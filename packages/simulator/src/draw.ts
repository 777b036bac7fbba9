/**
 * A trace as a sequence diagram in text: a column for each role, time going down, an arrow for each message.
 *
 * Equal messages that one role sends at one time share a row. `o` is who sends, `>` and `<` are who gets the message,
 * `x` is who does not.
 */
import { costOf, showCost } from "./cost.ts";
import type { Shown } from "./show.ts";
import type { Trace, TracedMessage } from "./trace.ts";

/** Messages that differ only in whom they are for. */
interface Row {
  readonly at: number;
  readonly from: string;
  readonly label: string;
  readonly to: { readonly name: string; readonly lost: boolean }[];
}

const leastTimeWidth = 5;
const gap = "  ";
const wideColumn = 9;
const leastNarrowColumn = 4;
/** A diagram that would be wider is drawn narrow. */
const usualWidth = 120;
/** So much of a label is always shown. */
const leastLabel = 24;
/** In the order of the flow, each with what it is called in a narrow diagram. */
const roles = new Map([
  ["client", "C"],
  ["coordinator", "Co"],
  ["view-server", "V"],
  ["server", "S"],
  ["proposer", "P"],
  ["acceptor", "A"],
  ["participant", "Pa"],
  ["learner", "L"],
]);
/** Those of every replicated state machine. */
const usualRoles = ["client", "proposer", "acceptor", "learner"];

export interface DrawOptions {
  /** Columns that it should fit in: what is wider is drawn narrow, and labels end in `...`; undefined for whole labels. */
  readonly fitWidth?: number;
}

export function drawSequence(trace: Trace, { fitWidth }: DrawOptions = {}): string {
  const rows = rowsOf(trace.messages);
  const maxWidth = fitWidth ?? usualWidth;
  const times = [...rows, ...trace.notes].map(({ at }) => `${at} `.length);
  const timeWidth = Math.max(leastTimeWidth, ...times);
  const lifelines = new Lifelines(
    trace.messages,
    timeWidth,
    Math.max(0, ...rows.map(({ label }) => label.length)),
    maxWidth,
  );
  const labelWidth = Math.max(leastLabel, maxWidth - timeWidth - lifelines.width - gap.length);
  const fit = (label: string): string =>
    fitWidth === undefined || label.length <= labelWidth ? label : `${label.slice(0, labelWidth - 3).trimEnd()}...`;
  const lines = [`${trace.protocol} ${trace.scenario}`, "", ...lifelines.header()];
  const notes = [...trace.notes];
  let time = -1;
  const timeOf = (at: number): string => `${String(at).padStart(timeWidth - 1)} `;
  const advance = (to: number): void => {
    for (let next = notes[0]; next !== undefined && next.at <= to; next = notes[0]) {
      notes.shift();
      lines.push(`${timeOf(next.at)}${lifelines.idle()}${gap}${fit(`* ${next.text}`)}`);
    }
  };
  for (const row of rows) {
    advance(row.at);
    lines.push(
      `${row.at === time ? " ".repeat(timeWidth) : timeOf(row.at)}${lifelines.draw(row)}${gap}${fit(row.label)}`,
    );
    time = row.at;
  }
  advance(Infinity);
  const cost = showCost(costOf(trace.messages), maxWidth);
  return `${[...lines, "", trace.outcome.summary, "", ...cost].map((line) => line.trimEnd()).join("\n")}\n`;
}

function rowsOf(messages: readonly TracedMessage[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const message of messages) {
    const label = labelOf(message);
    const key = `${message.at} ${message.from} ${label}`;
    const row: Row = rows.get(key) ?? { at: message.at, from: message.from, label, to: [] };
    row.to.push({ name: message.to, lost: message.lost !== undefined });
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** The kind of a message and those of its own fields that say something, and what became of it. */
function labelOf({ at: _at, from: _from, to: _to, kind, lost, arrives, ...fields }: TracedMessage): string {
  const shown = Object.entries(fields).flatMap(([name, field]) =>
    isNone(field) ? [] : [`${name} ${showField(field)}`],
  );
  const fate = lost !== undefined ? [`(lost: ${lost})`] : arrives !== undefined ? [`(arrives at ${arrives})`] : [];
  return [[kind, ...shown].join(" "), ...fate].join(" ");
}

/** Ballot, slot or size 0, no bytes, no rows: there is none, which goes without saying. */
function isNone(field: Shown | undefined): boolean {
  return field === 0 || field === "" || field === false || (Array.isArray(field) && field.length === 0);
}

function showField(field: Shown | undefined): string {
  if (Array.isArray(field)) return `[${field.map(showField).join(", ")}]`;
  if (typeof field === "object") return Object.values(field).map(showField).join(" ");
  return String(field);
}

/** The columns of the diagram: roles in the order of the flow, each by node. */
class Lifelines {
  readonly #names: readonly string[];
  readonly #timeWidth: number;
  readonly #width: number;
  readonly #isNarrow: boolean;

  constructor(messages: readonly TracedMessage[], timeWidth: number, labelWidth: number, maxWidth: number) {
    const rank = (name: string): number => {
      const [role = "", node = ""] = name.split(" ");
      return [...roles.keys()].indexOf(role) * 2 ** 32 + Number(node);
    };
    const names = new Set(messages.flatMap(({ from, to }) => [from, to]));
    this.#names = [...names].sort((one, other) => rank(one) - rank(other));
    const longest = Math.max(0, ...this.#names.map((name) => (name.split(" ")[0] ?? "").length));
    const column = Math.max(wideColumn, longest + 1);
    const wide = timeWidth + this.#names.length * column + gap.length + labelWidth;
    this.#timeWidth = timeWidth;
    this.#isNarrow = wide > maxWidth;
    const narrow = Math.max(leastNarrowColumn, ...this.#names.map((name) => shortOf(name).length + 1));
    this.#width = this.#isNarrow ? narrow : column;
  }

  /** Of all columns together. */
  get width(): number {
    return this.#names.length * this.#width;
  }

  header(): readonly string[] {
    const margin = " ".repeat(this.#timeWidth);
    const centred = (text: string): string => {
      const left = Math.floor((this.#width - text.length + 1) / 2);
      return `${" ".repeat(left)}${text}`.padEnd(this.#width);
    };
    if (this.#isNarrow) {
      const legend = `${margin}${this.#legend()}, with their nodes`;
      return [legend, margin + this.#names.map((name) => centred(shortOf(name))).join("")];
    }
    const parts = this.#names.map((name) => name.split(" "));
    return [0, 1].map((part) => margin + parts.map((words) => centred(words[part] ?? "")).join(""));
  }

  #legend(): string {
    const present = new Set(this.#names.map((name) => name.split(" ")[0]));
    const isUsual = [...present].every((role) => usualRoles.includes(role ?? ""));
    const shown = [...roles].filter(([role]) => (isUsual ? usualRoles.includes(role) : present.has(role)));
    return shown.map(([role, short]) => `${short} ${role}`).join(", ");
  }

  idle(): string {
    return this.#cells().join("");
  }

  draw({ from, to }: Row): string {
    const cells = this.#cells();
    const sender = this.#centre(from);
    for (const { name } of to) {
      const receiver = this.#centre(name);
      for (let at = Math.min(sender, receiver) + 1; at < Math.max(sender, receiver); at++) cells[at] = "-";
    }
    for (const { name, lost } of to) {
      const receiver = this.#centre(name);
      const right = receiver > sender;
      cells[receiver] = "|";
      cells[right ? receiver - 1 : receiver + 1] = lost ? "x" : right ? ">" : "<";
    }
    cells[sender] = "o";
    return cells.join("");
  }

  /** A character for each place, with the lifelines. */
  #cells(): string[] {
    const cells = Array.from({ length: this.#names.length * this.#width }, () => " ");
    for (const name of this.#names) cells[this.#centre(name)] = "|";
    return cells;
  }

  #centre(name: string): number {
    return this.#names.indexOf(name) * this.#width + Math.floor(this.#width / 2);
  }
}

/** `A2` for `acceptor 2`. */
function shortOf(name: string): string {
  const [role = "", node = ""] = name.split(" ");
  return `${roles.get(role) ?? role}${node}`;
}
