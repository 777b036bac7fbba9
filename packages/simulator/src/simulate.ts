/**
 * The protocols that run in the world, and one run of any of them.
 */
import { checkOptions } from "./options.ts";
import { newBasicProtocol } from "./protocols/basic.ts";
import { newByzantineProtocol } from "./protocols/byzantine.ts";
import { newFastByzantineProtocol } from "./protocols/fast-byzantine.ts";
import { newFastProtocol } from "./protocols/fast.ts";
import { newGeneralizedProtocol } from "./protocols/generalized.ts";
import { newCheapProtocol } from "./protocols/cheap.ts";
import { newMultiProtocol } from "./protocols/multi.ts";
import { newPaxosCommitProtocol } from "./protocols/paxos-commit.ts";
import { newPrimaryBackupProtocol } from "./protocols/primary-backup.ts";
import { newThreePhaseProtocol } from "./protocols/three-phase.ts";
import { newTwoPhaseProtocol } from "./protocols/two-phase.ts";
import type { SimulatedProtocol } from "./world/protocol.ts";
import { run, type Run, type RunOptions } from "./world/run.ts";

/** A protocol that can be run, whatever its messages are. */
export interface Simulation {
  readonly name: string;
  /** What its runs may find wrong; undefined when they must find nothing. */
  readonly knownFlaw: string | undefined;
  run(options: RunOptions): Run;
}

export function simulationOf<Message extends { readonly kind: string }, Entry extends Message, Delivery>(
  protocol: SimulatedProtocol<Message, Entry, Delivery>,
): Simulation {
  return {
    name: protocol.name,
    knownFlaw: protocol.knownFlaw,
    run: (options) => run(protocol, checkOptions(options, protocol.newMachine)),
  };
}

/** One registration each. */
export const simulations: readonly Simulation[] = [
  simulationOf(newBasicProtocol()),
  simulationOf(newMultiProtocol()),
  simulationOf(newFastProtocol()),
  simulationOf(newByzantineProtocol()),
  simulationOf(newFastByzantineProtocol()),
  simulationOf(newGeneralizedProtocol()),
  simulationOf(newCheapProtocol()),
  simulationOf(newPaxosCommitProtocol()),
  simulationOf(newTwoPhaseProtocol()),
  simulationOf(newThreePhaseProtocol()),
  simulationOf(newPrimaryBackupProtocol()),
];

export interface SimulateOptions extends RunOptions {
  /** The name of a protocol; `multi` unless given. */
  readonly protocol?: string;
}

/**
 * Runs a protocol in a simulated world, with faults and then without, and checks it. The same options give the same
 * run, anywhere.
 *
 * @throws RangeError for a number or a name that is out of range, such as a kind of fault that there is not; TypeError
 *   for what is no such thing at all, such as a workload that does not say what to ask
 */
export function simulate({ protocol = "multi", ...options }: SimulateOptions): Run {
  const found = simulations.find(({ name }) => name === protocol);
  if (found !== undefined) return found.run(options);
  const names = simulations.map(({ name }) => name).join(", ");
  throw new RangeError(`protocol: expected one of ${names}, got ${JSON.stringify(protocol)}`);
}
