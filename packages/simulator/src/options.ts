/**
 * The options of a run, checked before it begins: what is wrong is named.
 */
import { maxAcceptors } from "@synod/protocol";
import type { StateMachine } from "@synod/machines";
import { resolveFaults } from "./world/faults/kinds.ts";
import type { RunOptions } from "./world/run.ts";
import { checkedWorkload } from "./world/workload.ts";

/**
 * The options as a run takes them.
 *
 * @param newMachine the machine that the protocol replicates unless another is given, if it replicates any
 * @throws RangeError for a number or a name that is out of range, TypeError for what is no such thing at all
 */
export function checkOptions(options: RunOptions, newMachine: (() => StateMachine) | undefined): RunOptions {
  const { seed, nodes, liars, faults, machine, workload, only, people, sent, lived } = options;
  requireInteger("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  if (nodes !== undefined) requireInteger("nodes", nodes, 1, maxAcceptors);
  if (liars !== undefined) requireInteger("liars", liars, 0, maxAcceptors);
  if (people !== undefined) requireInteger("people", people, 1, Number.MAX_SAFE_INTEGER);
  if (faults !== undefined) resolveFaults(requireArray("faults", faults));
  for (const index of requireArray("only", only ?? [])) requireInteger("only", index, 0, Number.MAX_SAFE_INTEGER);
  if (sent !== undefined) requireFunction("sent", sent, "that sees messages");
  if (lived !== undefined) requireFunction("lived", lived, "that sees processes start and end");
  if (machine !== undefined) requireMachine(machine, newMachine, workload !== undefined);
  if (workload === undefined) return options;
  if (newMachine === undefined) throw refusal("workload", "none, as this protocol has no state machine", workload);
  requireFunction("workload.next", Object(workload).next, "that gives what a client asks for next");
  for (const part of workload.model === undefined ? [] : (["apply", "sameAnswer", "keyOf"] as const)) {
    requireFunction(`workload.model.${part}`, Object(workload.model)[part], "as Model says");
  }
  return { ...options, workload: checkedWorkload(workload) };
}

const machineParts = ["apply", "query", "snapshot", "restore"];

function requireMachine(machine: unknown, newMachine: (() => StateMachine) | undefined, hasWorkload: boolean): void {
  if (newMachine === undefined) throw refusal("machine", "none, as this protocol has no state machine", machine);
  requireFunction("machine", machine, "that makes a state machine");
  const made = Object(machine());
  if (typeof made.name !== "string") throw refusal("machine().name", "the name of the machine", made.name);
  for (const part of machineParts) requireFunction(`machine().${part}`, made[part], "as StateMachine says");
  const own = newMachine().name;
  if (!hasWorkload && made.name !== own) {
    throw refusal("workload", `what clients ask of the machine ${made.name}, as it is not ${own}`, undefined);
  }
}

function requireInteger(name: string, value: unknown, least: number, most: number): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range =
    most === Number.MAX_SAFE_INTEGER ? `a safe integer from ${least}` : `an integer from ${least} to ${most}`;
  throw new RangeError(`${name}: expected ${range}, got ${show(value)}`);
}

function requireArray<Item>(name: string, value: readonly Item[]): readonly Item[] {
  if (Array.isArray(value)) return value;
  throw refusal(name, "an array", value);
}

function requireFunction(name: string, value: unknown, which: string): asserts value is () => unknown {
  if (typeof value !== "function") throw refusal(name, `a function ${which}`, value);
}

function refusal(name: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${name}: expected ${expected}, got ${show(found)}`);
}

function show(found: unknown): string {
  if (typeof found === "function") return "a function";
  if (typeof found === "object" && found !== null) return "an object";
  return typeof found === "string" ? JSON.stringify(found) : found === undefined ? "nothing" : String(found);
}
