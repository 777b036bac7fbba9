/**
 * What is going to happen, in order of time, and at one time in the order it was planned: a binary heap.
 */
interface Planned {
  readonly time: number;
  readonly sequence: number;
  readonly action: () => void;
}

export class Schedule {
  readonly #heap: Planned[] = [];
  #planned = 0;

  /** The time of what comes next; Infinity when nothing does. */
  get nextTime(): number {
    return this.#heap[0]?.time ?? Infinity;
  }

  plan(time: number, action: () => void): void {
    const planned = { time, sequence: this.#planned, action };
    this.#planned += 1;
    let at = this.#heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) break;
      at = parent;
    }
  }

  /** Takes out what comes next. */
  take(): (() => void) | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (last !== first) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first.action;
  }

  #sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #isEarlier(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return false;
    return first.time < second.time || (first.time === second.time && first.sequence < second.sequence);
  }

  #swapIfEarlier(below: number, above: number): boolean {
    const [child, parent] = [this.#heap[below], this.#heap[above]];
    if (child === undefined || parent === undefined || !this.#isEarlier(below, above)) return false;
    this.#heap[above] = child;
    this.#heap[below] = parent;
    return true;
  }
}
