/**
 * Crashes: of a process, of a node, of several at once, of all; and again while they recover.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import { struck, type Fault, type FaultKind, type Ground, type Victim } from "./fault.ts";

/** Of the nodes that it strikes those that are not lost for good. */
function standing(fault: Fault, ground: Ground): readonly Victim[] {
  return struck(fault, ground).filter(({ isLost }) => !isLost);
}

/** Whether any of it is up: what is down is not struck. */
function isUp({ processes }: Victim): boolean {
  return [...processes.values()].some((process) => process.isUp);
}

function restart(victims: readonly Victim[]): () => void {
  return () => {
    for (const victim of victims) victim.restart();
  };
}

/** All nodes that a fault strikes crash, and start again when it is over. */
function crash(fault: Fault, ground: Ground, power: "on" | "off"): () => void {
  const victims = standing(fault, ground);
  for (const victim of victims) {
    if (isUp(victim)) ground.faults.count(fault.name);
    victim.crash(power);
  }
  return restart(victims);
}

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
  begin: (fault, ground) => crash(fault, ground, "off"),
};

const nodeKill: FaultKind = {
  name: "node-kill",
  group: "process",
  title: "all processes of a node end at once, while its power stays on: what was written is still there",
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(0, 1500) * ms + 1,
    nodes: [randomness.pick(nodes)],
    amount: 0,
  }),
  begin: (fault, ground) => crash(fault, ground, "on"),
};

/** Which of the processes of its node is the amount, counted from 0 and around. */
const roleCrash: FaultKind = {
  name: "role-crash",
  group: "process",
  title: "the process of one role ends and comes back, while the rest of its node goes on",
  weight: 2,
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(0, 1500) * ms + 1,
    nodes: [randomness.pick(nodes)],
    amount: randomness.integer(0, 5),
  }),
  begin(fault, ground) {
    const [victim] = standing(fault, ground);
    const processes = [...(victim?.processes.values() ?? [])];
    const process = processes[fault.amount % Math.max(1, processes.length)];
    if (process?.isUp === true) ground.faults.count(fault.name);
    process?.kill();
    return () => {
      if (victim?.isLost === false) process?.start();
    };
  },
};

/** They go down in the same moment and come back one after the other. */
function crashTogether(fault: Fault, ground: Ground, randomness: Randomness): () => void {
  const victims = standing(fault, ground);
  if (victims.some(isUp)) ground.faults.count(fault.name);
  for (const victim of victims) victim.crash("off");
  for (const victim of victims) ground.clock.after(randomness.integer(1, fault.microseconds), () => victim.restart());
  return restart(victims);
}

const severalCrash: FaultKind = {
  name: "several-crash",
  group: "process",
  title: "the power of several nodes goes off in the same moment",
  draw: (randomness, nodes) =>
    nodes.length < 2
      ? undefined
      : {
          microseconds: randomness.integer(1, 1500) * ms,
          nodes: randomness.sample(nodes, randomness.integer(2, nodes.length)),
          amount: 0,
        },
  begin: crashTogether,
};

const clusterCrash: FaultKind = {
  name: "cluster-crash",
  group: "process",
  title: "the power of the whole cluster fails",
  draw: (randomness, nodes) => ({ microseconds: randomness.integer(1, 1000) * ms, nodes, amount: 0 }),
  begin: crashTogether,
};

/** How many file operations a recovery gets before the power goes off is drawn up to the amount. */
const recoveryCrash: FaultKind = {
  name: "recovery-crash",
  group: "process",
  title: "the power of a node goes off, and again while it recovers, and again",
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(20, 600) * ms,
    nodes: [randomness.pick(nodes)],
    amount: randomness.pick([10, 40, 200]),
  }),
  begin(fault, ground, randomness) {
    const victims = standing(fault, ground);
    for (const victim of victims) victim.crash("off");
    const again = (victim: Victim): void => {
      if (victim.isLost) return;
      if (startsInto(victim, randomness.integer(0, fault.amount))) ground.faults.count(fault.name);
      // It may have come up, and be at its first syncs.
      const later = randomness.integer(0, 3000);
      ground.clock.after(later, () => victim.crash("off"));
    };
    for (const victim of victims) {
      const times = randomness.integer(1, 4);
      for (let count = 0; count < times; count++) {
        ground.clock.after(randomness.integer(1, Math.max(1, fault.microseconds - 5 * ms)), () => again(victim));
      }
    }
    return restart(victims);
  },
};

/** Starts a node whose power goes off after so many file operations; says whether that was before it was up. */
function startsInto(victim: Victim, operations: number): boolean {
  const { disk } = victim;
  const strikes = disk.strikes;
  let left = operations;
  let off = false;
  disk.strikes = (operation) => {
    left -= 1;
    if (left >= 0) return strikes(operation);
    off = true;
    return "power-off";
  };
  victim.restart();
  disk.strikes = strikes;
  return off;
}

export const crashes: readonly FaultKind[] = [
  nodeCrash,
  nodeKill,
  roleCrash,
  severalCrash,
  clusterCrash,
  recoveryCrash,
];
