/**
 * The search for a linearization of the operations on one key: Wing and Gong, *Testing and Verifying Concurrent
 * Objects* (1993), with the improvements of Lowe, *Testing for Linearizability* (2017).
 *
 * It goes through the ends of operations in the order of time. What has no place yet when it ends gets it just then,
 * after those of the other operations under way that it needs (Lowe §5: just-in-time linearization). A configuration
 * that was seen before is not tried again (§4: which operations have a place, and the state after them).
 *
 * An operation with an unknown end may have any place after its beginning, or none. So it is placed only to explain an
 * answer, just before the operation that was given it; and a configuration that has used more of them than another one
 * that is otherwise the same can do nothing that the other cannot, and is dropped.
 */
import type { Answered, Effect, Model } from "../world/model.ts";
import type { ClientOperation } from "./linearizability-operations.ts";

export interface SearchOutcome {
  readonly outcome: "linearizable" | "stuck" | "undecided";
  /** How many configurations were looked at. */
  readonly configurations: number;
  /** When stuck: the earliest to end of those that cannot be placed, and what the key may hold before it. */
  readonly stuckAt?: ClientOperation;
  readonly states?: readonly string[];
}

/** An operation with a known answer. */
interface Done extends ClientOperation, Answered {
  readonly effect: Effect;
}

/** An operation with an unknown end. */
interface Unsure extends ClientOperation {
  readonly effect: Effect;
  readonly bit: bigint;
  /** The bit of the one before it that is alike; 0 when there is none. */
  readonly twin: bigint;
}

/** Where the search is. */
interface Configuration<State> {
  /** All before this one, in the order of ends, have their place. */
  readonly at: number;
  /** Later ones that have their place already, ascending. */
  readonly placed: readonly number[];
  readonly state: State;
  /** The operations with an unknown end that have a place, a bit each. */
  readonly used: bigint;
}

/** A state that operations with an unknown end lead to, and what it may still be good for. */
interface Reached<State> {
  readonly state: State;
  readonly used: bigint;
  readonly goals: readonly number[];
}

/** With how many other ways to a state a new one is compared: those that came first used little. */
const compared = 32;

/** How many different states are shown when the search is stuck. */
const statesShown = 3;

/** @param operations those on one key, in the order in which they began */
export function searchLinearization<State>(
  operations: readonly ClientOperation[],
  model: Model<State>,
  maxConfigurations: number,
): SearchOutcome {
  let configurations = 0;
  for (const width of widths) {
    const search = new Search(operations, model, { maxConfigurations, width, configurations });
    const found = search.run();
    if (found.outcome !== "stuck" || !search.isNarrowed) return found;
    configurations = found.configurations;
  }
  throw new Error("the widest search leaves nothing out");
}

/**
 * How many ways to the same state are followed that differ in what they used of the operations with an unknown end.
 * One is mostly enough to find a linearization. That there is none is only certain when all were followed.
 */
const widths = [1, 16, Infinity];

interface Effort {
  readonly maxConfigurations: number;
  readonly width: number;
  /** What was looked at before. */
  readonly configurations: number;
}

class Search<State> {
  readonly #model: Model<State>;
  readonly #effort: Effort;
  /** In the order of their ends. */
  readonly #done: readonly Done[];
  /** For each of them: it and the others that are under way when it ends, in the order of their ends. */
  readonly #underWay: readonly (readonly number[])[];
  /** In the order in which they began. */
  readonly #unsure: readonly Unsure[];
  /** By all of a configuration but what it used: what was used. */
  readonly #seen = new Map<string, Set<bigint>>();
  #configurations: number;
  #isNarrowed = false;
  #furthest = -1;
  #states = new Set<string>();

  constructor(operations: readonly ClientOperation[], model: Model<State>, effort: Effort) {
    this.#model = model;
    this.#effort = effort;
    this.#configurations = effort.configurations;
    this.#done = operations
      .flatMap((operation): readonly Done[] => {
        const { answered } = operation;
        return answered === undefined ? [] : [{ ...operation, ...answered, effect: effectOf(model, operation) }];
      })
      .sort((one, other) => one.end - other.end);
    this.#underWay = underWayOf(this.#done);
    this.#unsure = unsureOf(operations, model);
  }

  /** Whether something was left out because of the width. */
  get isNarrowed(): boolean {
    return this.#isNarrowed;
  }

  get #isTooMuch(): boolean {
    return this.#configurations > this.#effort.maxConfigurations;
  }

  /** Depth first: what comes after a configuration is found out as far as it is needed. */
  run(): SearchOutcome {
    const start: Configuration<State> = { at: 0, placed: [], state: this.#model.initial, used: 0n };
    const path: Iterator<Configuration<State>>[] = [[start].values()];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next();
      if (this.#isTooMuch) return this.#ends("undecided");
      if (next.done === true) {
        path.pop();
        continue;
      }
      const configuration = this.#settle(next.value);
      if (configuration.at === this.#done.length) return this.#ends("linearizable");
      if (this.#isNew(configuration)) path.push(this.#successorsOf(configuration));
    }
    const stuckAt = this.#done[this.#furthest];
    return { ...this.#ends("stuck"), ...(stuckAt && { stuckAt }), states: [...this.#states] };
  }

  #ends(outcome: SearchOutcome["outcome"]): SearchOutcome {
    return { outcome, configurations: this.#configurations };
  }

  /** Places what changes nothing and has its answer here: no other place can be better. Goes on to the next end. */
  #settle({ at, placed, state, used }: Configuration<State>): Configuration<State> {
    const done = new Set(placed);
    const key = this.#model.keyOf(state);
    for (; at < this.#done.length; at++) {
      for (const index of this.#underWay[at] ?? []) {
        const operation = this.#done[index];
        if (operation?.effect !== "none" || done.has(index)) continue;
        const after = this.#answers(state, operation);
        if (after === undefined) continue;
        if (this.#model.keyOf(after.state) !== key) {
          throw new TypeError(`model: ${operation.f} has an effect, where effectOf says none`);
        }
        done.add(index);
      }
      if (!done.delete(at)) break;
    }
    return { at, placed: [...done].sort((one, other) => one - other), state, used };
  }

  #isNew({ at, placed, state, used }: Configuration<State>): boolean {
    const key = this.#model.keyOf(state);
    if (at > this.#furthest) {
      this.#furthest = at;
      this.#states = new Set();
    }
    if (at === this.#furthest && this.#states.size < statesShown) this.#states.add(key);
    this.#configurations += 1;
    return this.#add(this.#seen, `${at} ${placed.join(",")} ${key}`, used);
  }

  /** Adds what a way to a state used, unless it can do nothing that another cannot. */
  #add(ways: Map<string, Set<bigint>>, key: string, used: bigint): boolean {
    const others = ways.get(key);
    if (others === undefined) {
      ways.set(key, new Set([used]));
      return true;
    }
    if (others.has(used)) return false;
    let left = compared;
    for (const other of others) {
      if ((other & used) === other) return false;
      if (--left === 0) break;
    }
    if (others.size >= this.#effort.width) {
      this.#isNarrowed = true;
      return false;
    }
    others.add(used);
    return true;
  }

  /** Each operation under way, placed where it has its answer: in this state, then after others with an unknown end. */
  *#successorsOf({ at, placed, state, used }: Configuration<State>): Generator<Configuration<State>, undefined> {
    const waiting = (this.#underWay[at] ?? []).filter((index) => !placed.includes(index));
    // The same state would come of one that overwrites, if something were placed before it.
    const settled = new Set<number>();
    for (const index of waiting) {
      const after = this.#answers(state, this.#done[index]);
      if (after === undefined) continue;
      if (this.#done[index]?.effect === "overwrites") settled.add(index);
      yield { at, placed: [...placed, index], state: after.state, used };
    }
    const end = this.#done[at]?.end ?? 0;
    const unsure = this.#unsure.filter(({ begin }) => begin < end);
    const goals = waiting.filter((index) => !settled.has(index));
    for (const { index, after, used: more } of this.#explain({ state, used, goals }, unsure)) {
      yield { at, placed: [...placed, index], state: after, used: more };
    }
    return undefined;
  }

  /** From few to many operations with an unknown end: where a goal has its answer after them, and the state after it. */
  *#explain(
    start: Reached<State>,
    unsure: readonly Unsure[],
  ): Generator<{ readonly index: number; readonly after: State; readonly used: bigint }, undefined> {
    const seen = new Map([[this.#model.keyOf(start.state), new Set([start.used])]]);
    let frontier = [start];
    for (let depth = 0; frontier.length > 0; depth++) {
      const next: Reached<State>[] = [];
      for (const from of frontier) {
        for (const operation of unsure) {
          // What overwrites makes needless what was placed before it.
          if (!isFree(from.used, operation) || (depth > 0 && operation.effect === "overwrites")) continue;
          const { state, used, goals } = this.#reach(from, operation, unsure);
          if (goals.length === 0 || !this.#add(seen, this.#model.keyOf(state), used)) continue;
          if (this.#isTooMuch) return undefined;
          const open: number[] = [];
          for (const index of goals) {
            const goal = this.#done[index];
            const after = this.#answers(state, goal);
            if (after !== undefined) yield { index, after: after.state, used };
            // What changes nothing, or overwrites, gains nothing by more of them before it.
            if (after === undefined || goal?.effect === "depends") open.push(index);
          }
          if (open.length > 0) next.push({ state, used, goals: open });
        }
      }
      frontier = next;
    }
    return undefined;
  }

  /** What an operation with an unknown end makes of a state, and which goals it does not lead away from. */
  #reach({ state, used, goals }: Reached<State>, { f, asked, bit }: Unsure, unsure: readonly Unsure[]): Reached<State> {
    this.#configurations += 1;
    const after = this.#model.apply(state, f, asked).state;
    const mayLead = (index: number): boolean => {
      const goal = this.#done[index];
      return goal !== undefined && this.#model.mayLeadTo?.(after, goal, unsure) !== false;
    };
    return { state: after, used: used | bit, goals: goals.filter(mayLead) };
  }

  /** The state after an operation, if it has its answer in this one. */
  #answers(state: State, operation: Done | undefined): { readonly state: State } | undefined {
    if (operation === undefined) return undefined;
    const after = this.#model.apply(state, operation.f, operation.asked);
    return this.#model.sameAnswer(after.answer, operation.answer) ? after : undefined;
  }
}

function effectOf<State>(model: Model<State>, operation: ClientOperation): Effect {
  return model.effectOf?.(operation, operation.answered) ?? "depends";
}

function underWayOf(done: readonly Done[]): readonly (readonly number[])[] {
  const underWay = done.map((): number[] => []);
  for (const [index, { begin }] of done.entries()) {
    for (let at = index; at >= 0 && (done[at]?.end ?? 0) > begin; at--) underWay[at]?.push(index);
  }
  return underWay;
}

function unsureOf<State>(operations: readonly ClientOperation[], model: Model<State>): readonly Unsure[] {
  const last = new Map<string, bigint>();
  let next = 1n;
  return operations.flatMap((operation) => {
    const effect = effectOf(model, operation);
    if (operation.answered !== undefined || effect === "none") return [];
    const same = model.alike?.(operation) ?? JSON.stringify([operation.f, operation.asked]);
    const [bit, twin] = [next, last.get(same) ?? 0n];
    last.set(same, bit);
    next <<= 1n;
    return [{ ...operation, effect, bit, twin }];
  });
}

/** Of those that are alike, the one that began first is placed first: nothing is lost. */
function isFree(used: bigint, { bit, twin }: Unsure): boolean {
  return (used & bit) === 0n && (used & twin) === twin;
}
