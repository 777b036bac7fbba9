import { expect, test } from "vitest";
import { exhibits } from "../../src/museum/index.ts";

test("has an exhibit under each name once, with a story and a source", () => {
  const names = exhibits.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, title, story, source } of exhibits) {
    expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
    expect(title.length, name).toBeGreaterThan(20);
    expect(story.length, name).toBeGreaterThan(150);
    expect(source.length, name).toBeGreaterThan(5);
  }
});
