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

/** A step of the search that is still to be done. */
interface Step<State> {
  readonly configuration: Configuration<State>;
  /** Whether operations with an unknown end are tried; first they are not. */
  readonly withUnsure: boolean;
}

/** How many different states are shown when the search is stuck. */
const statesShown = 3;

/** @param operations those on one key, in the order in which they began */
export function searchLinearization<State>(
  operations: readonly ClientOperation[],
  model: Model<State>,
  maxConfigurations: number,
): SearchOutcome {
  return new Search(operations, model, maxConfigurations).run();
}

class Search<State> {
  readonly #model: Model<State>;
  readonly #max: number;
  /** In the order of their ends. */
  readonly #done: readonly Done[];
  /** For each of them: it and the others that are under way when it ends, in the order of their ends. */
  readonly #underWay: readonly (readonly number[])[];
  /** In the order in which they began. */
  readonly #unsure: readonly Unsure[];
  /** By all of a configuration but what it used: the least that was used, each with no other as a part. */
  readonly #seen = new Map<string, bigint[]>();
  readonly #steps: Step<State>[] = [];
  #configurations = 0;
  #furthest = -1;
  #states = new Set<string>();

  constructor(operations: readonly ClientOperation[], model: Model<State>, max: number) {
    this.#model = model;
    this.#max = max;
    this.#done = operations
      .flatMap((operation): readonly Done[] => {
        const { answered } = operation;
        return answered === undefined ? [] : [{ ...operation, ...answered, effect: effectOf(model, operation) }];
      })
      .sort((one, other) => one.end - other.end);
    this.#underWay = underWayOf(this.#done);
    this.#unsure = unsureOf(operations, model);
  }

  run(): SearchOutcome {
    this.#enter([{ at: 0, placed: [], state: this.#model.initial, used: 0n }]);
    for (;;) {
      if (this.#configurations > this.#max) return this.#ends("undecided");
      const step = this.#steps.pop();
      if (step === undefined) {
        const stuckAt = this.#done[this.#furthest];
        return { ...this.#ends("stuck"), ...(stuckAt && { stuckAt }), states: [...this.#states] };
      }
      const { configuration, withUnsure } = step;
      if (configuration.at === this.#done.length) return this.#ends("linearizable");
      if (withUnsure) this.#enter(this.#explain(configuration));
      else {
        this.#steps.push({ configuration, withUnsure: true });
        this.#enter(this.#place(configuration));
      }
    }
  }

  #ends(outcome: SearchOutcome["outcome"]): SearchOutcome {
    return { outcome, configurations: this.#configurations };
  }

  /** Takes up configurations that are new, the first of them next. */
  #enter(successors: readonly Configuration<State>[]): void {
    const fresh = successors.map((each) => this.#settle(each)).filter((each) => this.#isNew(each));
    for (const configuration of fresh.reverse()) this.#steps.push({ configuration, withUnsure: false });
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
    const isNew = addLeast(this.#seen, `${at} ${placed.join(",")} ${key}`, used);
    if (isNew) this.#configurations += 1;
    return isNew;
  }

  /** Each operation under way that has its answer in this state, placed. */
  #place({ at, placed, state, used }: Configuration<State>): readonly Configuration<State>[] {
    return this.#waiting(at, placed).flatMap((index) => {
      const after = this.#answers(state, this.#done[index]);
      return after === undefined ? [] : [{ at, placed: [...placed, index], state: after.state, used }];
    });
  }

  /** Each operation under way, placed after others with an unknown end by which it has its answer. */
  #explain(configuration: Configuration<State>): readonly Configuration<State>[] {
    const end = this.#done[configuration.at]?.end ?? 0;
    const unsure = this.#unsure.filter(({ begin }) => begin < end);
    if (unsure.length === 0) return [];
    return this.#waiting(configuration.at, configuration.placed).flatMap((index) => {
      const goal = this.#done[index];
      return goal === undefined ? [] : this.#explainOne(configuration, index, goal, unsure);
    });
  }

  /** From few to many operations with an unknown end. */
  #explainOne(
    { at, placed, state, used }: Configuration<State>,
    index: number,
    goal: Done,
    unsure: readonly Unsure[],
  ): readonly Configuration<State>[] {
    const explained: Configuration<State>[] = [];
    // The same state would come of it without the others.
    if (goal.effect === "overwrites" && this.#answers(state, goal) !== undefined) return explained;
    const seen = new Map([[this.#model.keyOf(state), [used]]]);
    let frontier = [{ state, used }];
    for (let depth = 0; frontier.length > 0; depth++) {
      const next: typeof frontier = [];
      for (const from of frontier) {
        for (const operation of unsure) {
          // What overwrites makes needless what was placed before it.
          if (!isFree(from.used, operation) || (depth > 0 && operation.effect === "overwrites")) continue;
          const reached = this.#reach(from.state, operation, goal, unsure);
          const reachedUsed = from.used | operation.bit;
          if (reached === undefined || !addLeast(seen, this.#model.keyOf(reached.state), reachedUsed)) continue;
          this.#configurations += 1;
          if (this.#configurations > this.#max) return explained;
          const after = this.#answers(reached.state, goal);
          if (after !== undefined) {
            explained.push({ at, placed: [...placed, index], state: after.state, used: reachedUsed });
          }
          // What changes nothing, or overwrites, gains nothing by more of them before it.
          if (after === undefined || goal.effect === "depends") next.push({ ...reached, used: reachedUsed });
        }
      }
      frontier = next;
    }
    return explained;
  }

  /** What an operation with an unknown end makes of a state, unless it leads away from the goal. */
  #reach(
    state: State,
    { f, asked }: Unsure,
    goal: Done,
    unsure: readonly Unsure[],
  ): { readonly state: State } | undefined {
    const after = this.#model.apply(state, f, asked);
    return this.#model.mayLeadTo?.(after.state, goal, unsure) === false ? undefined : { state: after.state };
  }

  #waiting(at: number, placed: readonly number[]): readonly number[] {
    return (this.#underWay[at] ?? []).filter((index) => !placed.includes(index));
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

/** Adds a set, unless one that is a part of it is there; takes out those that it is a part of. */
function addLeast(sets: Map<string, bigint[]>, key: string, set: bigint): boolean {
  const before = sets.get(key);
  if (before === undefined) {
    sets.set(key, [set]);
    return true;
  }
  if (before.some((each) => (each & set) === each)) return false;
  sets.set(key, [...before.filter((each) => (each & set) !== set), set]);
  return true;
}
