/**
 * What clients ask of a state machine.
 */
import type { ByteReader, ByteWriter } from "@synod/wire";
import type { Model } from "./model.ts";
import type { Randomness } from "./randomness.ts";

/** One thing to ask. */
export interface Operation {
  /** A command changes the machine; a query does not, and writes no log. */
  readonly kind: "command" | "query";
  /** Its name, as in the history. */
  readonly f: string;
  /** What it is about. Operations of different keys must not touch each other, if the machine has a model. */
  readonly key: string;
  /** What is asked, as in the history. */
  readonly value: unknown;
  readonly encode: (writer: ByteWriter) => void;
  readonly decode: (reader: ByteReader) => unknown;
}

export interface Workload {
  /** The next thing that a client asks for. `unique` is another number each time, in the whole run. */
  next(randomness: Randomness, unique: number): Operation;
  /** What answers are checked against; without one only replicas are compared with each other. */
  readonly model?: Model;
}
