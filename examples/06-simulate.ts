// A state machine of your own in the simulated world: a bug that only faults bring to light is found, and the mended
// machine passes the same seeds. Run it with `node examples/06-simulate.ts`.
import assert from "node:assert/strict";
import { jsonMachine, jsonWorkload, simulate, type Run, type StateMachine } from "@synod/simulator";

type Command = { readonly add: number };
type Counter = { total: number; additions: number };

// A counter that also says how many additions there were.
const counter = {
  name: "counter/1",
  initial: (): Counter => ({ total: 0, additions: 0 }),
  apply(state: Counter, { add }: Command) {
    state.total += add;
    state.additions += 1;
    return { total: state.total, additions: state.additions };
  },
  query: (state: Counter) => state.total,
};
const newCounter = () => jsonMachine(counter);

// The same with a bug: it counts beside its state. A snapshot does not have that, and a node that comes back from one
// begins at 0 again.
const newForgetfulCounter = () => {
  let additions = 0;
  return jsonMachine({
    ...counter,
    apply(state: Counter, { add }: Command) {
      state.total += add;
      additions += 1;
      return { total: state.total, additions };
    },
  });
};

// What clients ask for, and what they should be told: what the counter does, one command at a time.
const workload = jsonWorkload<Counter, Command>({
  next: (randomness) => (randomness.chance(0.3) ? { query: null } : { command: { add: randomness.integer(1, 9) } }),
  model: counter,
});

const find = (machine: () => StateMachine, seeds: number, faults = ["all"]): Run | undefined => {
  for (let seed = 1; seed <= seeds; seed++) {
    const run = simulate({ seed, machine, workload, faults });
    if (run.violation !== undefined) return run;
  }
  return undefined;
};

assert(find(newForgetfulCounter, 10, ["none"]) === undefined, "without faults nothing is wrong");
const found = find(newForgetfulCounter, 50);
assert(found?.violation !== undefined, "with faults there is");
console.log(`seed ${found.seed}: ${found.violation.checker}: ${found.violation.message}`);
assert(find(newCounter, Math.max(found.seed, 20)) === undefined, "the mended counter passes the same seeds, and more");
