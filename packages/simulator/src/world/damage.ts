/**
 * Damage to a frame on its way, of the kinds that a CRC-32C always finds: up to three bits turned over, a burst of up to
 * 32 bits, or a missing end. What it finds only almost always is not for a check that must never be wrong.
 */
import type { Randomness } from "./randomness.ts";

/** A copy of the frame that differs from it. */
export function damageFrame(frame: Uint8Array, randomness: Randomness): Uint8Array {
  const luck = randomness.next();
  if (luck < 0.2) return frame.slice(0, randomness.integer(0, frame.length - 1));
  const damaged = frame.slice();
  if (luck < 0.5) {
    const start = randomness.integer(0, frame.length - 1);
    const end = Math.min(frame.length, start + randomness.integer(1, 4));
    for (let at = start; at < end; at++) turnOver(damaged, at, randomness.integer(1, 255));
    return damaged;
  }
  const bits = new Set<number>();
  const count = randomness.integer(1, 3);
  while (bits.size < count) bits.add(randomness.integer(0, frame.length * 8 - 1));
  for (const bit of bits) turnOver(damaged, bit >> 3, 1 << (bit & 7));
  return damaged;
}

function turnOver(bytes: Uint8Array, at: number, mask: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ mask;
}
