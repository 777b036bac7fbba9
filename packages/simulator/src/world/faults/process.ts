/**
 * What may happen to processes and machines: crashes, pauses, and time that does not pass as it should.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import { usualPace } from "../pace.ts";
import type { Randomness } from "../randomness.ts";
import { crashes } from "./crashes.ts";
import { over, struck, type Drawn, type Fault, type FaultKind, type Ground, type VictimProcess } from "./fault.ts";

/** The processes of the nodes that it strikes. */
function struckProcesses(fault: Fault, ground: Ground): readonly VictimProcess[] {
  return struck(fault, ground).flatMap(({ processes }) => [...processes.values()]);
}

const pause: FaultKind = {
  name: "pause",
  group: "process",
  title: "a process or a whole node does nothing for up to 4 seconds, as one that is moved or collects garbage",
  draw: (randomness, nodes) => ({
    microseconds: randomness.pick([randomness.integer(20, 500), randomness.integer(500, 4000)]) * ms,
    nodes: [randomness.pick(nodes)],
    // Which of its processes, counted from 0 and around; all when below 0.
    amount: randomness.integer(-3, 2),
  }),
  begin(fault, ground) {
    const processes = struckProcesses(fault, ground);
    const chosen = processes.filter(
      (_, index) => fault.amount < 0 || index === fault.amount % Math.max(1, processes.length),
    );
    if (chosen.some(({ isUp }) => isUp)) ground.faults.count(fault.name);
    for (const process of chosen) process.pause(fault.microseconds);
    return over;
  },
};

function drawSome(randomness: Randomness, nodes: readonly number[], amount: number): Drawn {
  return {
    microseconds: randomness.integer(200, 6000) * ms,
    nodes: randomness.sample(nodes, randomness.integer(1, nodes.length)),
    amount,
  };
}

/** Sets a part of the pace; the later of two that overlap ends it for both. */
function setPace(fault: Fault, ground: Ground, part: keyof typeof usualPace, microseconds: () => number): () => void {
  const processes = struckProcesses(fault, ground);
  for (const { pace } of processes) pace[part] = microseconds();
  if (processes.some(({ isUp }) => isUp)) ground.faults.count(fault.name);
  return () => {
    for (const { pace } of processes) pace[part] = usualPace[part];
  };
}

/** By how much at most is the amount, in thousandths. */
const clockDrift: FaultKind = {
  name: "clock-drift",
  group: "process",
  title: "the clocks of processes go too fast or too slow, by up to 10 %, each by another part",
  draw: (randomness, nodes) => drawSome(randomness, nodes, randomness.integer(5, 100)),
  begin(fault, ground, randomness) {
    const { amount } = fault;
    const thousandths = (): number => {
      const by = randomness.integer(1, amount);
      return randomness.chance(0.5) ? 1000 + by : 1000 - by;
    };
    return setPace(fault, ground, "tickMicroseconds", () =>
      Math.floor((usualPace.tickMicroseconds * thousandths()) / 1000),
    );
  },
};

/** By how many ticks is the amount. */
const clockJump: FaultKind = {
  name: "clock-jump",
  group: "process",
  title: "the clock of a node jumps, forwards or back, by up to 2 seconds",
  draw: (randomness, nodes) => {
    const ticks = randomness.integer(1, randomness.pick([10, 200]));
    return { microseconds: 0, nodes: [randomness.pick(nodes)], amount: randomness.chance(0.5) ? ticks : -ticks };
  },
  begin(fault, ground) {
    const processes = struckProcesses(fault, ground);
    if (processes.some(({ isUp }) => isUp)) ground.faults.count(fault.name);
    for (const process of processes) process.jump(fault.amount);
    return over;
  },
};

/** How long a turn takes is the amount, in microseconds. */
const slowNode: FaultKind = {
  name: "slow-node",
  group: "process",
  title: "a node takes milliseconds for each of its turns",
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(100, 3000) * ms,
    nodes: [randomness.pick(nodes)],
    amount: randomness.integer(1, randomness.pick([5, 40])) * ms,
  }),
  begin: (fault, ground) => setPace(fault, ground, "turnMicroseconds", () => fault.amount),
};

export const processFaults: readonly FaultKind[] = [...crashes, pause, clockDrift, clockJump, slowNode];
