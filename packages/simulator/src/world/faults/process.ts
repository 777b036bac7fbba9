/**
 * What may happen to processes and machines.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { FaultKind } from "./fault.ts";

const nodeCrash: FaultKind = {
  name: "node-crash",
  group: "process",
  title: "the power of a node goes off and comes back: what was not synced is lost, or torn",
  weight: 3,
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(1, 1500) * ms,
    nodes: [randomness.pick(nodes)],
    amount: 0,
  }),
  begin({ name, nodes }, { victims, faults }) {
    const struck = nodes.flatMap((node) => victims.get(node) ?? []);
    for (const victim of struck) {
      if (victim.isLost) continue;
      victim.crash("off");
      faults.count(name);
    }
    return () => {
      for (const victim of struck) victim.restart();
    };
  },
};

export const processFaults: readonly FaultKind[] = [nodeCrash];
