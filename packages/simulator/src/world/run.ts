/**
 * One run of a protocol in a world: a phase with faults, a phase after them, and what the checkers say.
 */
import type { StateMachine } from "@synod/machines";
import type { Address } from "@synod/protocol";
import { checkRun } from "../check/linearizability.ts";
import { comeToRest, stayAtRest } from "./calm.ts";
import { Clock, microsecondsPerSecond } from "./clock.ts";
import type { Fault, FaultKind } from "./faults/fault.ts";
import { faultKinds, faultsOfRun, resolveFaults } from "./faults/kinds.ts";
import { drawChanges } from "./faults/members.ts";
import { drawFaults } from "./faults/schedule.ts";
import type { HistoryEvent } from "./history.ts";
import type { Lived } from "./process.ts";
import type { SimulatedProtocol } from "./protocol.ts";
import { Randomness } from "./randomness.ts";
import { Tally } from "./tally.ts";
import type { Report, Violation } from "./violation.ts";
import { WorkloadError, type Workload } from "./workload.ts";
import { World, type Machines } from "./world.ts";

export interface RunOptions {
  /** A safe integer from 0: the same seed and options, the same run. */
  readonly seed: number;
  /** How many nodes; drawn unless given. */
  readonly nodes?: number;
  /** How many nodes lie, in a protocol that bears liars, also more than it bears; drawn unless given. */
  readonly liars?: number;
  /** Whether the members change; drawn unless given, where the protocol and the faults allow it. */
  readonly membersChange?: boolean;
  /** The names of the kinds of faults that may strike, or of groups of them; all usual ones unless given. */
  readonly faults?: readonly string[];
  /** Makes a state machine in its first state; the protocol's own unless given. */
  readonly machine?: () => StateMachine;
  /** What clients ask for; what suits the protocol's own machine unless given. */
  readonly workload?: Workload;
  /** What goes wrong, in place of what would be drawn: so that different protocols meet the same. */
  readonly schedule?: readonly Fault[];
  /** Only these faults of the schedule strike, by their index: for a run that was shrunk. */
  readonly only?: readonly number[];
  /** At most so many clients; as many as are drawn unless given. */
  readonly people?: number;
  /** Sees each message as it leaves a role or a client. */
  readonly sent?: (at: number, from: Address, to: Address, message: { readonly kind: string }) => void;
  /** Sees each process, of a node or of a role, as it starts and as it ends. */
  readonly lived?: (at: number, who: string, what: Lived) => void;
}

/** What became of a run. */
export interface Run {
  readonly protocol: string;
  readonly seed: number;
  /** 16 hexadecimal digits: the same for two runs that went the same way to the last byte. */
  readonly hash: string;
  /** Deliveries, ticks, also of clients, and disk completions. */
  readonly events: number;
  readonly simulatedSeconds: number;
  /** How often each kind of fault did something. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often the run came to what it is for. */
  readonly reached: Readonly<Record<string, number>>;
  /** The first rule that was broken; undefined when all held. */
  readonly violation: Violation | undefined;
  /** All faults that were drawn, in the order of their beginning; changes of the members after the others. */
  readonly schedule: readonly Fault[];
  /** How many clients there were. */
  readonly people: number;
  /** What clients asked and were told. */
  readonly history: readonly HistoryEvent[];
}

/** In how many of the runs that may have them the members change. */
const changesChance = 0.4;

export function run<Message extends { readonly kind: string }, Entry extends Message, Delivery>(
  protocol: SimulatedProtocol<Message, Entry, Delivery>,
  options: RunOptions,
): Run {
  const { seed, sent, lived } = options;
  const randomness = new Randomness(seed);
  const changeKinds = resolveFaults(options.faults ?? ["all"]).filter(({ group }) => group === "members");
  const changes = randomness.stream("changes");
  const isDrawn = options.faults !== undefined || changes.chance(changesChance);
  const membersChange = changeKinds.length > 0 && (options.membersChange ?? isDrawn);
  const clock = new Clock();
  const reached = new Tally();
  let violation: Violation | undefined;
  const report: Report = (checker, message, during) => {
    violation ??= { checker, message, at: clock.now, ...(during === undefined ? {} : { during }) };
  };
  const drawn = protocol.cast({
    randomness: randomness.stream("cast"),
    nodes: options.nodes,
    liars: options.liars,
    machine: options.machine,
    workload: options.workload,
    report,
    reached,
    membersChange,
  });
  if (drawn.liars === undefined && (options.liars ?? 0) > 0) {
    throw new RangeError(`liars: expected none, as ${protocol.name} bears no liars, got ${options.liars}`);
  }
  const cast = { ...drawn, people: Math.min(drawn.people, options.people ?? drawn.people) };
  const kinds = faultsOfRun(options.faults ?? ["all"], (cast.liars ?? []).length > 0).filter(
    ({ group }) => group !== "members",
  );
  const world = new World<Message, Entry, Delivery>({
    protocol,
    cast,
    machines: drawMachines(randomness.stream("machines")),
    randomness,
    clock,
    report,
    reached,
    ...(sent === undefined ? {} : { sent: (from, to, message) => sent(clock.now, from, to, message) }),
    ...(lived === undefined ? {} : { lived: (who, what) => lived(clock.now, who, what) }),
  });
  const [least, most] = protocol.seconds;
  const duration = Math.floor(randomness.stream("duration").integer(least * 100, most * 100) * 10_000);
  const drawnFaults = (): readonly Fault[] => {
    const others = drawFaults(randomness.stream("faults"), {
      kinds,
      asked: options.faults !== undefined,
      nodes: [...cast.nodes, ...(cast.laterNodes ?? [])],
      microseconds: duration,
      mayLast: (cut) => cast.leaderNodes !== undefined && world.reach.allows(cut),
    });
    if (world.administrator === undefined) return others;
    return [...others, ...drawChanges(changes, changeKinds, duration, others.length)];
  };
  const schedule = options.schedule ?? drawnFaults();
  const strike = (fault: Fault, kind: FaultKind): void => {
    const end = kind.begin(fault, world, randomness.stream("fault", fault.index));
    if (fault.microseconds > 0 && fault.lasting !== true) clock.after(fault.microseconds, end);
  };
  for (const fault of schedule) {
    const kind = faultKinds.find(({ name }) => name === fault.name);
    if (kind === undefined || options.only?.includes(fault.index) === false) continue;
    clock.at(fault.at, () => strike(fault, kind));
    if (fault.lasting !== true || kind.lastingCut === undefined) continue;
    // From the beginning: what it takes to bear it must not be lost before.
    world.reach.cut = kind.lastingCut(fault);
    reached.count("lasting-partitions");
  }
  const go = (until: number, done: () => boolean): void => {
    // A role that stops because of a broken invariant is a violation like any other.
    try {
      while (violation === undefined && !done() && clock.step(until));
    } catch (failure) {
      if (!(failure instanceof Error) || failure instanceof WorkloadError) throw failure;
      report("invariant", failure.message);
    }
  };
  world.begin();
  go(duration, () => false);
  if (violation === undefined) {
    world.heal();
    const { people } = world;
    const calm = { cast, people, isDue: (address: Address) => world.isDue(address), clock, report, go };
    comeToRest(calm);
    if (violation === undefined && reached.get("lasting-partitions") > 0) stayAtRest(calm);
    if (violation === undefined) cast.finalCheck(world.history);
    if (violation === undefined) checkRun(world.history.events, cast.model, report, reached);
  }
  return {
    protocol: protocol.name,
    seed,
    hash: world.fingerprint,
    events: world.events,
    simulatedSeconds: clock.now / microsecondsPerSecond,
    faults: world.faults.counts(),
    reached: reached.counts(),
    violation,
    schedule,
    people: cast.people,
    history: world.history.events,
  };
}

function drawMachines(randomness: Randomness): Machines {
  const slow = randomness.chance(0.3);
  return {
    placement: randomness.chance(0.5) ? "role" : "node",
    blocking: randomness.chance(0.5),
    latencyMicroseconds: slow ? { least: 500, most: 20_000 } : { least: 50, most: randomness.pick([200, 2000]) },
    syncMicroseconds: randomness.chance(0.3) ? { least: 1000, most: 30_000 } : { least: 100, most: 2000 },
    // Drawn last, so that runs of protocols that do not sign stay what they were.
    signingMicroseconds: randomness.pick([0, 0, 100, 3000]),
  };
}
