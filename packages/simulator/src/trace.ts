/**
 * What happened on a stage, as plain data.
 */
import type { Shown } from "./show.ts";

/** Why a message never arrived. */
export type Loss =
  /** The scenario lost it. */
  | "dropped"
  /** The link between the two nodes is cut. */
  | "cut"
  /** Nobody was there when it would have arrived. */
  | "down";

/** A message that was sent, with its own fields beside these. */
export interface TracedMessage {
  /** When it was sent, in units of time. */
  readonly at: number;
  /** `acceptor 2`. */
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  /** Absent when it arrived, or was still on its way at the end. */
  readonly lost?: Loss;
  /** When it arrived, if that is not one unit of time later. */
  readonly arrives?: number;
  readonly [field: string]: Shown | undefined;
}

/** Something that happened beside the messages: a crash, a cut link. */
export interface Note {
  readonly at: number;
  readonly text: string;
}

export interface Outcome {
  /** What the scenario shows, in a sentence. */
  readonly summary: string;
  /** The chosen values, in slot order; one or none for a single decree. */
  readonly chosen: readonly string[];
  /** Of each learner, the values that it has learned, in slot order. */
  readonly learned: Readonly<Record<string, readonly string[]>>;
  /** Of each client, the kinds of the messages it got, with what they say. */
  readonly answered: Readonly<Record<string, readonly string[]>>;
}

export interface Trace {
  readonly protocol: string;
  readonly scenario: string;
  readonly messages: readonly TracedMessage[];
  readonly notes: readonly Note[];
  readonly outcome: Outcome;
}

/** A play for the real roles: run again, it gives the same trace. */
export interface Scenario {
  readonly protocol: string;
  readonly name: string;
  readonly title: string;
  run(): Trace;
}
