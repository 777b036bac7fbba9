/**
 * Numbers at a place in bytes, little-endian: headers are written over and read at known offsets.
 */
const twoTo32 = 2 ** 32;

export function u32(bytes: Uint8Array, at: number): number {
  return (
    (byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24)) >>> 0
  );
}

/** 8 bytes as a number, which is not a safe integer when they were not written as one. */
export function integer(bytes: Uint8Array, at: number): number {
  return u32(bytes, at + 4) * twoTo32 + u32(bytes, at);
}

export function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function setInteger(bytes: Uint8Array, at: number, value: number): void {
  setU32(bytes, at, value);
  setU32(bytes, at + 4, Math.floor(value / twoTo32));
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
