/**
 * Digests: short names of bytes, which no liar finds two of the same for. A protocol is given the function, since it
 * imports none: SHA-256 where nodes run, a quicker one in a simulated world whose liars do not look for collisions.
 */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** A digest as a key of a map. */
export function keyOf(digest: Uint8Array): string {
  return String.fromCharCode(...digest);
}

/** Bytes of the longest digest that is believed to be one. */
export const mostDigestBytes = 64;
