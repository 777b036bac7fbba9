/**
 * Faults as data: what goes wrong in a run, when and where, all drawn before it begins. So a run can be shown, repeated,
 * and repeated with fewer of them.
 */
import type { Clock } from "../clock.ts";
import type { NodeDisk } from "../disk.ts";
import type { Lies } from "../lies.ts";
import type { Network } from "../network.ts";
import type { Pace } from "../pace.ts";
import type { Administration, Manners } from "../protocol.ts";
import type { Randomness } from "../randomness.ts";
import type { Cut } from "../reach.ts";
import type { Tally } from "../tally.ts";

/** One thing that goes wrong. */
export interface Fault {
  /** Its place in the schedule of its run, from 0: `--only` names it so. */
  readonly index: number;
  /** The name of its kind. */
  readonly name: string;
  /** When it begins, in microseconds. */
  readonly at: number;
  /** How long it lasts, in microseconds; 0 for what happens in a moment. */
  readonly microseconds: number;
  /** The nodes that it strikes, in the order that matters to its kind; none when it strikes all. */
  readonly nodes: readonly number[];
  /** How much of it: a chance, a factor, microseconds, as its kind says. */
  readonly amount: number;
  /** It stays when the phase with faults is over, and progress is demanded under it. */
  readonly lasting?: true;
}

export type FaultGroup = "network" | "disk" | "process" | "people" | "liars" | "members";

/** What a kind of fault draws of itself. */
export type Drawn = Pick<Fault, "microseconds" | "nodes" | "amount">;

export interface FaultKind {
  /** As `--faults` names it, and as it is counted. */
  readonly name: string;
  readonly group: FaultGroup;
  /** What it does, in a few words. */
  readonly title: string;
  /** Outside the model that the protocols are built for: only injected when it is asked for by name. */
  readonly onlyByName?: true;
  /** Only injected in a run that has liars. */
  readonly needsLiars?: true;
  /** How often it is drawn, beside the others; 1 unless told. */
  readonly weight?: number;
  /** Undefined when it cannot strike such a cluster. */
  draw(randomness: Randomness, nodes: readonly number[]): Drawn | undefined;
  /** Lets it strike; returns what ends it. Counts in `ground.faults` when it really did something. */
  begin(fault: Fault, ground: Ground, randomness: Randomness): () => void;
  /** Who is cut off from whom when it lasts; only kinds under which progress may be due have it. */
  readonly lastingCut?: (fault: Pick<Fault, "nodes">) => Cut;
}

/** A node, as faults strike it. */
export interface Victim {
  readonly node: number;
  readonly disk: NodeDisk;
  /** One process, or one for each role, by the name of its first role. */
  readonly processes: ReadonlyMap<string, VictimProcess>;
  /** All its processes end; with the power off it also loses what was not synced. */
  crash(power: "on" | "off"): void;
  restart(): void;
  /** It is lost for good, if the others can do without it: says whether. Nothing starts on it again. */
  lose(): boolean;
  readonly isLost: boolean;
  /** When its disk is damaged it is down for good, not only once it reads it. */
  readonly failsForGood: boolean;
}

export interface VictimProcess {
  readonly pace: Pace;
  readonly isUp: boolean;
  kill(): void;
  start(): void;
  pause(microseconds: number): void;
  /** Its clock jumps: so many ticks at once, or none for so many ticks when it is below 0. */
  jump(ticks: number): void;
}

/** All that faults may touch. */
export interface Ground {
  readonly clock: Clock;
  readonly network: Network;
  /** By node. */
  readonly victims: ReadonlyMap<number, Victim>;
  readonly manners: Manners;
  /** How the liars lie, if there are any. */
  readonly lies: Lies;
  readonly faults: Tally;
  /** Changes who takes part, where that can be changed. */
  readonly administrator: Administration | undefined;
}

/** The nodes that it strikes, in its order. */
export function struck({ nodes }: Fault, { victims }: Ground): readonly Victim[] {
  return nodes.flatMap((node) => victims.get(node) ?? []);
}

/** Ends what is over in the moment in which it begins, or ends by itself: there is nothing to do. */
export const over = (): void => undefined;
