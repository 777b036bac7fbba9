/**
 * What a power failure leaves of what was not synced: nothing, all, or any part, in any order, torn at any byte.
 */
import type { Survival, UnsyncedPiece } from "@synod/storage/faults";
import type { Randomness } from "./randomness.ts";

/** What became of the unsynced pieces. */
export interface PowerFailure {
  /** Pieces that are gone. */
  lost: number;
  /** Pieces of which only the front is there. */
  torn: number;
}

type Keep = (piece: UnsyncedPiece) => number;

/** @param counted takes part of the count while the survival is used */
export function drawSurvival(randomness: Randomness, counted: PowerFailure): Survival {
  const keep = drawPieces(randomness);
  const nameChance = randomness.pick([0, 0.5, 1]);
  return {
    piece: (piece) => {
      const kept = keep(piece);
      if (kept === 0) counted.lost += 1;
      else if (kept < piece.sizeBytes) counted.torn += 1;
      return kept;
    },
    name: () => randomness.chance(nameChance),
  };
}

/** Pieces are asked about in the order of writing, file by file. */
function drawPieces(randomness: Randomness): Keep {
  const torn: Keep = ({ sizeBytes }) => randomness.integer(0, sizeBytes);
  switch (randomness.pick(["nothing", "everything", "any", "torn", "front", "back"] as const)) {
    case "nothing":
      return () => 0;
    case "everything":
      return ({ sizeBytes }) => sizeBytes;
    case "any":
      return ({ sizeBytes }) => (randomness.chance(0.5) ? sizeBytes : 0);
    case "torn":
      return torn;
    case "front": {
      let left = randomness.integer(0, 4);
      return (piece) => {
        left -= 1;
        return left > 0 ? piece.sizeBytes : left === 0 ? torn(piece) : 0;
      };
    }
    case "back": {
      let left = randomness.integer(0, 4);
      return (piece) => {
        left -= 1;
        return left > 0 ? 0 : left === 0 ? torn(piece) : piece.sizeBytes;
      };
    }
  }
}
