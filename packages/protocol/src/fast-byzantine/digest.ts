/**
 * Values are long and votes are many: a vote names its value by a digest.
 */

/** A digest for which nobody finds two inputs with the same result, such as SHA-256; injected, as it is no part of a role. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** A digest as the key of a map. */
export type DigestKey = string;

export function keyOf(digest: Uint8Array): DigestKey {
  return String.fromCharCode(...digest);
}

/** The longest digest that a message may carry, in bytes. */
export const maxDigestBytes = 64;
