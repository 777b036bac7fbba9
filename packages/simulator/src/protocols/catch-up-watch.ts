/**
 * What nodes say and keep of the past, so that others may catch up: whatever it is, it must have been chosen.
 */
import { nodeOf, showAddress, type Address, type Response, type SnapshotPart, type Value } from "@synod/protocol";
import type { SnapshotsChecker } from "../check/snapshots.ts";

/** Values that are told as chosen, from a slot on. */
export interface ToldValues {
  readonly from: number;
  readonly values: readonly { readonly value: Value }[];
}

type Chosen = ToldValues & { readonly kind: "Chosen"; readonly trimmedThrough: number };
type Trim = { readonly kind: "Trim"; readonly slot: number };

export interface CatchUpWatchOptions {
  readonly checkers: {
    readonly snapshots: SnapshotsChecker;
    readonly consensus: {
      claims(who: string, through: number): void;
      durableTrim(acceptor: number, through: number): void;
    };
    responds(node: number, reply: Uint8Array): void;
  };
  /** Somebody says, or keeps, that these were chosen. */
  readonly saysChosen: (who: string, told: ToldValues) => void;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
}

export class CatchUpWatch {
  readonly #options: CatchUpWatchOptions;

  constructor(options: CatchUpWatchOptions) {
    this.#options = options;
  }

  /** The log of an acceptor has what was told it, or has dropped what a snapshot holds. */
  keeps(address: Address, entry: Chosen | Trim): void {
    const { checkers, saysChosen } = this.#options;
    const node = nodeOf(address);
    if (entry.kind === "Chosen") {
      saysChosen(`the log of ${showAddress(address)}`, entry);
      return holdsEach(checkers.snapshots, node, entry);
    }
    checkers.snapshots.trims(node, entry.slot);
    checkers.consensus.durableTrim(node, entry.slot);
  }

  /** A learner says, or an acceptor to a learner. */
  says(from: Address, message: Chosen | SnapshotPart | Trim | Response): void {
    const { checkers, saysChosen, survivingSnapshot } = this.#options;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Chosen":
        saysChosen(`an answer of ${showAddress(from)}`, message);
        return checkers.consensus.claims(showAddress(from), message.trimmedThrough);
      case "SnapshotPart":
        return checkers.consensus.claims(showAddress(from), message.slot);
      case "Trim":
        checkers.consensus.claims(showAddress(from), message.slot);
        return checkers.snapshots.saysDurable(node, message.slot, () => survivingSnapshot(node));
      case "Response":
        return checkers.responds(node, message.reply);
    }
  }
}

/** A checker that hears of each slot by itself hears of all that was told. */
export function learnsEach(
  consensus: { learns(who: string, slot: number, value: Value): void },
  who: string,
  { from, values }: ToldValues,
): void {
  for (const [index, { value }] of values.entries()) consensus.learns(who, from + index, value);
}

/** The disk of a node has all that was told. */
export function holdsEach(snapshots: SnapshotsChecker, node: number, { from, values }: ToldValues): void {
  for (const [index, { value }] of values.entries()) snapshots.holds(node, from + index, value.length);
}
