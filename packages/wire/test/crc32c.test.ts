import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "@synod/wire";

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);

// RFC 3720 §B.4 prints the checksums byte by byte, least significant first.
const published: readonly (readonly [string, Uint8Array, number])[] = [
  ["the check value of the catalogue", new TextEncoder().encode("123456789"), 0xe3069283],
  ["nothing", new Uint8Array(0), 0],
  ["32 bytes of zeroes", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["32 ascending bytes", ascending, 0x46dd794e],
  ["32 descending bytes", ascending.toReversed(), 0x113fdb5c],
];

test.each(published)("%s", (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

/** The definition, a bit at a time. */
function bitwise(bytes: Uint8Array): number {
  let checksum = ~0;
  for (const byte of bytes) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit++) checksum = (checksum >>> 1) ^ (checksum & 1 ? 0x82f63b78 : 0);
  }
  return ~checksum >>> 0;
}

test("is that of the definition, for every cut and offset", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, one, other) => {
      const start = Math.min(one, other, bytes.length);
      const end = Math.min(Math.max(one, other), bytes.length);
      expect(crc32c(bytes, start, end)).toBe(bitwise(bytes.subarray(start, end)));
    }),
  );
});

test("may be computed in parts", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length);
      expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(crc32c(bytes));
    }),
  );
});

test("refuses a range that is not within the bytes", () => {
  expect(() => crc32c(new Uint8Array(4), 0, 5)).toThrow(RangeError);
  expect(() => crc32c(new Uint8Array(4), -1, 4)).toThrow(RangeError);
});
