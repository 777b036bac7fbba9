/**
 * Draws what goes wrong in a run.
 */
import type { Randomness } from "../randomness.ts";
import { faultKinds } from "./kinds.ts";
import type { Fault, FaultKind } from "./fault.ts";

/** How many faults a second of simulated time has, in the most violent run. */
const mostPerSecond = 6;

/**
 * The faults of a run, in the order of their beginning. How many is drawn too, so that there are quiet and violent
 * runs, and which kinds.
 *
 * @param microseconds how long the phase with faults lasts: all end before it does
 */
export function drawFaults(
  randomness: Randomness,
  names: readonly string[],
  nodes: readonly number[],
  microseconds: number,
): readonly Fault[] {
  const asked = faultKinds.filter(({ name }) => names.includes(name));
  const kinds = asked.filter(() => asked.length === 1 || randomness.chance(0.6));
  if (kinds.length === 0) return [];
  const weighted = kinds.flatMap((kind) => Array.from({ length: kind.weight ?? 1 }, () => kind));
  const count = Math.ceil((randomness.next() ** 2 * mostPerSecond * microseconds) / 1_000_000);
  const drawn = Array.from({ length: count }, () =>
    drawFault(randomness, randomness.pick(weighted), nodes, microseconds),
  );
  return drawn
    .flatMap((fault) => fault ?? [])
    .sort((one, other) => one.at - other.at)
    .map((fault, index) => ({ ...fault, index }));
}

function drawFault(
  randomness: Randomness,
  kind: FaultKind,
  nodes: readonly number[],
  most: number,
): Omit<Fault, "index"> | undefined {
  const drawn = kind.draw(randomness, nodes);
  if (drawn === undefined) return undefined;
  const microseconds = Math.min(drawn.microseconds, most);
  return { ...drawn, name: kind.name, microseconds, at: randomness.integer(0, most - microseconds) };
}
