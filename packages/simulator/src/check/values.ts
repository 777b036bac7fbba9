/**
 * What the values of a protocol are to a checker, which knows them as bytes.
 */
import type { Value } from "@synod/protocol";

/** What the values of a protocol are. */
export interface Values {
  show(value: Value): string;
  /** What is in a value that no client asked for; undefined when a client asked for all of it. */
  unasked(value: Value): string | undefined;
}

/** Values of which nothing is known. */
export const bytes: Values = {
  show: (value) => (value.length === 0 ? "a no-op" : `a value of ${value.length} bytes`),
  unasked: () => undefined,
};
