/**
 * What operations should do, one at a time: the sequential specification that histories are checked against.
 */

/**
 * What one key holds, and what each operation does to it. Operations and answers are JSON, as they are in a history;
 * nothing here may change what it is given.
 */
export interface Model<State = unknown> {
  readonly initial: State;
  /**
   * The state after an operation, and its answer.
   *
   * @throws UnknownOperation when the model has no such operation
   */
  apply(state: State, f: string, asked: unknown): { readonly state: State; readonly answer: unknown };
  sameAnswer(expected: unknown, given: unknown): boolean;
  /** The same text for the same state, and another for another. It is also shown to people. */
  keyOf(state: State): string;
  /** What an operation does at most; `depends` for all unless given. A wrong answer makes the check wrong. */
  effectOf?(asked: Asked, answered: Answered | undefined): Effect;
  /**
   * Whether operations that depend on the state may lead from this one to one in which `goal` has its answer, if
   * those of `unsure` may be among them. Makes a search short in which many operations have an unknown end: false
   * only when it is impossible. Always true unless given.
   */
  mayLeadTo?(state: State, goal: Asked & Answered, unsure: readonly Asked[]): boolean;
  /** The same text for operations whose difference no answer can show; what they ask for unless given. */
  alike?(asked: Asked): string;
  /** A model that does the same for these operations, with states that none of them can tell apart made one. */
  madeFor?(operations: readonly (Asked & { readonly answered: Answered | undefined })[]): Model;
}

/**
 * `none`: it never changes the state. `overwrites`: the state after it is the same, whatever it was before. `depends`:
 * neither is sure. An operation with a known answer is meant as far as it has that answer.
 */
export type Effect = "none" | "overwrites" | "depends";

export interface Asked {
  readonly f: string;
  readonly asked: unknown;
}

export interface Answered {
  readonly answer: unknown;
}

/** A model has no such operation, or not with this value. */
export class UnknownOperation extends TypeError {
  override readonly name = "UnknownOperation";
  /** The field of the history's event that is wrong. */
  readonly field: "f" | "value";
  readonly expected: string;

  constructor(field: "f" | "value", expected: string) {
    super(`${field}: expected ${expected}`);
    this.field = field;
    this.expected = expected;
  }
}
