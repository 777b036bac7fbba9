/**
 * Leases of leaders in the world: in some runs, of many lengths, with an allowance for the worst of its clocks.
 */
import { nodeOf, type Address, type multi, type RoleMachine } from "@synod/protocol";
import type { Randomness } from "../world/randomness.ts";
import type { Tally } from "../world/tally.ts";

/** Of two clocks one may take 10 % longer for a tick and the other 10 % less: that is 18.2 %. */
const worstDrift = 0.19;

export function drawLease(randomness: Randomness): multi.Lease | undefined {
  if (randomness.chance(0.6)) return undefined;
  return { ticks: randomness.pick([3, 20, 60, 150]), drift: worstDrift };
}

/** Clients that reach all nodes hear of a new leader at once, and who still reads from the old one shows nothing. */
export function siteAmong(nodes: readonly number[], client: Address): number {
  return nodes[nodeOf(client) % nodes.length] ?? 0;
}

/**
 * A command that a leader cannot finish keeps all later reads from being answered: where the others hear of no command
 * for a while, a lease alone answers for them.
 */
export function drawMostlyReads(randomness: Randomness): boolean {
  return randomness.chance(0.5);
}

/** Such a node leads on for long when it is cut off, while others soon try to lead. */
const patientTicks = 300;

/** What the proposer of a node goes by: election times may differ between nodes, and leases must not rest on them. */
export function withPatience(configuration: multi.Configuration, randomness: Randomness): multi.Configuration {
  if (configuration.lease === undefined || randomness.chance(0.5)) return configuration;
  return { ...configuration, timing: { ...configuration.timing, electionTicks: patientTicks } };
}

/** Only a proposer knows how it came to answer a read. */
export class LeasedReads {
  readonly #proposers: RoleMachine<multi.Message, multi.Entry, multi.Delivery>[] = [];

  /** Counts those of this proposer, in this life of it. */
  counts<Role extends RoleMachine<multi.Message, multi.Entry, multi.Delivery>>(proposer: Role): Role {
    this.#proposers.push(proposer);
    return proposer;
  }

  count(reached: Tally): void {
    const leased = this.#proposers.map((proposer) => Number(proposer.status()["leasedReads"] ?? 0));
    const sum = leased.reduce((one, other) => one + other, 0);
    if (sum > 0) reached.count("reads-leased", sum);
  }
}
