/**
 * How participants decide without their coordinator (Skeen 1981, the termination protocol): one of them asks the others
 * how far they are. If any knows that all have voted for it, it lets all of them know, and they commit; otherwise nobody
 * can have committed, and they abort.
 *
 * Who does not answer is taken for crashed. Who has been down since it voted does not count, as the others may have
 * decided without it, unless all answer: then nobody has decided.
 */
import type { State } from "./messages.ts";

export class Termination {
  readonly #others: readonly number[];
  readonly #states = new Map<number, Pick<State, "preCommitted" | "recovered">>();
  readonly #moved = new Set<number>();
  /** It lets the others know that all have voted for it. */
  isMoving = false;
  ageTicks = 0;

  /** @param others the nodes of the other participants */
  constructor(others: readonly number[]) {
    this.#others = others;
  }

  /** Those that have not answered in this phase. */
  get silent(): readonly number[] {
    const asked = this.isMoving ? this.#counted().map(([node]) => node) : this.#others;
    const answered = this.isMoving ? this.#moved : this.#states;
    return asked.filter((node) => !answered.has(node));
  }

  state(node: number, { preCommitted, recovered }: State): void {
    if (this.#others.includes(node)) this.#states.set(node, { preCommitted, recovered });
  }

  moved(node: number): void {
    this.#moved.add(node);
  }

  /**
   * What to do with the answers, when all are here or it has waited long enough.
   *
   * @param own how far this participant is itself
   */
  next(own: { readonly preCommitted: boolean; readonly recovered: boolean }): "commit" | "move" | "abort" | "wait" {
    if (this.isMoving) return "commit";
    if (own.recovered && this.#states.size < this.#others.length) return "wait";
    const isKnown = own.preCommitted || this.#counted().some(([, { preCommitted }]) => preCommitted);
    return isKnown ? "move" : "abort";
  }

  move(): void {
    this.isMoving = true;
    this.ageTicks = 0;
  }

  #counted(): readonly (readonly [number, Pick<State, "preCommitted" | "recovered">])[] {
    const states = [...this.#states];
    return states.length === this.#others.length ? states : states.filter(([, { recovered }]) => !recovered);
  }
}
