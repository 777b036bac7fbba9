import { nodeOf, roleOf, type Role } from "@synod/protocol";
import { newMultiProtocol } from "../../src/protocols/multi.ts";
import { Clock } from "../../src/world/clock.ts";
import type { Fault, Victim } from "../../src/world/faults/fault.ts";
import { Randomness } from "../../src/world/randomness.ts";
import { Tally } from "../../src/world/tally.ts";
import { World } from "../../src/world/world.ts";
import { kindOf } from "./faulty-network.ts";

/** A message that left a role or a client. */
export interface Sent {
  readonly at: number;
  readonly role: Role;
  readonly node: number;
  readonly to: number;
  readonly kind: string;
}

/** Three nodes of Multi-Paxos that have begun, and no faults but those that a test begins. */
export function newSmallWorld(placement: "role" | "node" = "role", seed = 1) {
  const randomness = new Randomness(seed);
  const clock = new Clock();
  const reached = new Tally();
  const violations: string[] = [];
  const report = (checker: string, message: string): void => {
    violations.push(`${checker}: ${message}`);
  };
  const protocol = newMultiProtocol();
  const sent: Sent[] = [];
  const world = new World({
    protocol,
    cast: protocol.cast({
      randomness: randomness.stream("cast"),
      nodes: 3,
      liars: undefined,
      machine: undefined,
      workload: undefined,
      report,
      reached,
      membersChange: false,
    }),
    machines: {
      placement,
      blocking: false,
      latencyMicroseconds: { least: 50, most: 200 },
      syncMicroseconds: { least: 100, most: 500 },
      signingMicroseconds: 0,
    },
    randomness,
    clock,
    report,
    reached,
    sent: (from, to, { kind }) => {
      sent.push({ at: clock.now, role: roleOf(from), node: nodeOf(from), to: nodeOf(to), kind });
    },
  });
  world.begin();
  return {
    world,
    sent,
    reached,
    violations,
    pass(microseconds: number): void {
      const end = clock.now + microseconds;
      clock.at(end, () => undefined);
      while (clock.step(end));
    },
    begin: (fault: Fault): (() => void) => kindOf(fault.name).begin(fault, world, randomness.stream("fault")),
    victim(node: number): Victim {
      const victim = world.victims.get(node);
      if (victim === undefined) throw new Error(`there is no node ${node}`);
      return victim;
    },
    /** The node whose proposer sent the last heartbeat. */
    leader(): number {
      return sent.findLast(({ kind }) => kind === "Heartbeat")?.node ?? 0;
    },
    /** How many processes of a node are up. */
    up(node: number): number {
      return [...this.victim(node).processes.values()].filter(({ isUp }) => isUp).length;
    },
  };
}
