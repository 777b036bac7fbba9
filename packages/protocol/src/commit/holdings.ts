/**
 * What a participant holds of transactions that are not over, and how it names keys.
 */
import type { Share, TransactionId, Write } from "./messages.ts";

/** A transaction that it has writes of, and has not voted on. Lost in a crash. */
export interface Open {
  /** By sequence. */
  readonly writes: Map<number, Write>;
  ageTicks: number;
}

/** A transaction that it has voted for, and does not know the outcome of: only the decision frees its locks. */
export interface InDoubt {
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
  readonly writes: readonly Write[];
  /** Ticks since it voted, or since it was told something. */
  silentTicks: number;
  /** It voted in an earlier life. */
  readonly recovered: boolean;
}

/** A key as a text, for a map: a letter for each byte. */
export function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

export function sizeOf({ key, value }: Write): number {
  return key.length + value.length;
}
