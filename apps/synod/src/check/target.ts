/**
 * What is checked: a protocol, or a known bug of the museum in it.
 */
import { exhibits, simulations, type Run, type RunOptions } from "@synod/simulator";

export interface Target {
  readonly kind: "protocol" | "exhibit";
  readonly name: string;
}

/** What all runs of a check have in common. */
export interface CheckOptions {
  readonly target: Target;
  /** Drawn for each seed when it is not given. */
  readonly nodes: number | undefined;
  /** How many nodes lie; drawn for each seed when it is not given. */
  readonly liars?: number | undefined;
  /** Names of kinds of faults and of groups; the target's own when they are not given. */
  readonly faults: readonly string[] | undefined;
}

/**
 * @returns what runs a seed of it
 * @throws RangeError when there is no such target
 */
export function executorOf({ target, nodes, liars, faults }: CheckOptions): (options: RunOptions) => Run {
  const { simulation, options } = find(target);
  const given = {
    ...options,
    ...(nodes === undefined ? {} : { nodes }),
    ...(liars === undefined ? {} : { liars }),
    ...(faults === undefined ? {} : { faults }),
  };
  return (each) => simulation.run({ ...given, ...each });
}

/** The name of the protocol that is run. */
export function protocolOf(target: Target): string {
  return find(target).simulation.name;
}

function find({ kind, name }: Target): Pick<(typeof exhibits)[number], "simulation" | "options"> {
  if (kind === "exhibit") {
    const exhibit = exhibits.find((each) => each.name === name);
    if (exhibit !== undefined) return exhibit;
  } else {
    const simulation = simulations.find((each) => each.name === name);
    if (simulation !== undefined) return { simulation };
  }
  throw new RangeError(`there is no ${kind} ${JSON.stringify(name)}`);
}
