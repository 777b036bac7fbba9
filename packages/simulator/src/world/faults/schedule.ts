/**
 * Draws what goes wrong in a run.
 */
import { microsecondsPerSecond } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import type { Cut } from "../reach.ts";
import type { Fault, FaultKind } from "./fault.ts";

export interface Setting {
  /** The kinds that may strike. */
  readonly kinds: readonly FaultKind[];
  /** They were asked for: each should strike, and there are no runs without a fault. */
  readonly asked: boolean;
  readonly nodes: readonly number[];
  /** How long the phase with faults lasts: all but one that stays end before it does. */
  readonly microseconds: number;
  /** Whether progress is due under a partition that stays. */
  readonly mayLast: (cut: Cut) => boolean;
}

/** How many faults a second of simulated time has, in the most violent run. */
const mostPerSecond = 10;
/** So few kinds that were asked for are all used in every run. */
const fewKinds = 3;
const quietChance = 0.04;
const lastingChance = 0.3;

type Undated = Omit<Fault, "index">;

/**
 * The faults of a run, in the order of their beginning. How many is drawn too, so that there are quiet and violent
 * runs, and which kinds, so that in some runs a few have the field to themselves.
 */
export function drawFaults(randomness: Randomness, setting: Setting): readonly Fault[] {
  const { asked, nodes, microseconds } = setting;
  if (setting.kinds.length === 0 || (!asked && randomness.chance(quietChance))) return [];
  const kinds = drawKinds(randomness, setting);
  const weighted = kinds.flatMap((kind) => Array.from({ length: kind.weight ?? 1 }, () => kind));
  const luck = randomness.next();
  const violence = luck * luck;
  const count = Math.ceil((violence * mostPerSecond * microseconds) / microsecondsPerSecond);
  const time = drawTimes(randomness, microseconds);
  const draw = (kind: FaultKind): Undated | undefined => drawFault(randomness, kind, nodes, microseconds, time);
  const drawn = asked && kinds.length <= fewKinds ? kinds.map(draw) : [];
  while (drawn.length < count) drawn.push(draw(randomness.pick(weighted)));
  drawn.push(drawLasting(randomness, kinds, setting));
  return drawn
    .flatMap((fault) => fault ?? [])
    .sort((one, other) => one.at - other.at)
    .map((fault, index) => ({ ...fault, index }));
}

/** Many kinds, or few. */
function drawKinds(randomness: Randomness, { kinds, asked }: Setting): readonly FaultKind[] {
  if (asked && kinds.length <= fewKinds) return kinds;
  const share = randomness.pick([0.15, 0.4, 0.8]);
  const some = kinds.filter(() => randomness.chance(share));
  return some.length > 0 ? some : [randomness.pick(kinds)];
}

/** When faults begin: at any time, or many of them near a few moments. */
function drawTimes(randomness: Randomness, microseconds: number): (latest: number) => number {
  if (randomness.chance(0.6)) return (latest) => randomness.integer(0, latest);
  const moments = Array.from({ length: randomness.integer(1, 3) }, () => randomness.integer(0, microseconds));
  return (latest) => Math.min(latest, randomness.pick(moments) + randomness.integer(0, 100_000));
}

function drawFault(
  randomness: Randomness,
  kind: FaultKind,
  nodes: readonly number[],
  most: number,
  time: (latest: number) => number,
): Undated | undefined {
  const drawn = kind.draw(randomness, nodes);
  if (drawn === undefined) return undefined;
  const microseconds = Math.min(drawn.microseconds, most);
  return { ...drawn, name: kind.name, microseconds, at: time(most - microseconds) };
}

/** At most one partition stays, since two together may leave no quorum to anybody. */
function drawLasting(
  randomness: Randomness,
  kinds: readonly FaultKind[],
  { nodes, microseconds: end, mayLast }: Setting,
): Undated | undefined {
  const able = kinds.filter(({ lastingCut }) => lastingCut !== undefined);
  if (able.length === 0 || !randomness.chance(lastingChance)) return undefined;
  const kind = randomness.pick(able);
  const drawn = kind.draw(randomness, nodes);
  const cut = drawn && kind.lastingCut?.(drawn);
  if (drawn === undefined || cut === undefined || !mayLast(cut)) return undefined;
  const microseconds = Math.min(drawn.microseconds, end);
  return { ...drawn, name: kind.name, microseconds, at: end - microseconds, lasting: true };
}
