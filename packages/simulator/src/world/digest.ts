/**
 * A quick digest for simulated worlds: nobody in them looks for two texts with the same one.
 */

export function quickDigest(bytes: Uint8Array): Uint8Array {
  let one = 0x811c9dc5;
  let other = Math.imul(bytes.length + 1, 0x9e3779b1);
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ (other >>> 13) ^ byte, 0x85ebca6b);
  }
  return Uint8Array.of(one, one >>> 8, one >>> 16, one >>> 24, other, other >>> 8, other >>> 16, other >>> 24);
}
