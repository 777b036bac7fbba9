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
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isEarlier(parent, planned)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = planned;
  }

  /** Takes out what comes next. */
  take(): (() => void) | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (last !== first) this.#sink(last);
    return first.action;
  }

  /** Puts `planned` where the first one was, and lets it sink to its place. */
  #sink(planned: Planned): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isEarlier(right, child)) {
        child = right;
        below += 1;
      }
      if (isEarlier(planned, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = planned;
  }
}

function isEarlier(one: Planned, other: Planned): boolean {
  return one.time < other.time || (one.time === other.time && one.sequence < other.sequence);
}
