import { expect, test } from "vitest";
import { partsOf, PartsReader } from "../src/parts.ts";

function counted(): { readonly parts: IterableIterator<Uint8Array>; readonly released: () => number } {
  let released = 0;
  const source = [Uint8Array.of(1), Uint8Array.of(2)];
  return { parts: partsOf(source.values(), () => (released += 1)), released: () => released };
}

test("what parts are made from is released once: at the end, or when they are dropped, even before the first", () => {
  const whole = counted();
  expect([...whole.parts].length).toBe(2);
  whole.parts.return?.();
  expect(whole.parts.next().done).toBe(true);
  expect(whole.released()).toBe(1);

  const dropped = counted();
  for (const part of dropped.parts) {
    expect(part).toEqual(Uint8Array.of(1));
    break;
  }
  expect(dropped.parts.next().done).toBe(true);
  expect(dropped.released()).toBe(1);

  const unseen = counted();
  unseen.parts.return?.();
  expect([...unseen.parts]).toEqual([]);
  expect(unseen.released()).toBe(1);
});

test("a length that the parts do not hold is refused without memory for it", () => {
  const reader = new PartsReader([Uint8Array.of(0xff, 0xff, 0xff), Uint8Array.of(0xff, 1, 2)]);
  expect(() => reader.bytes("reply")).toThrowError(/^reply at byte 6: expected 4294967293 more bytes$/);
});
