/**
 * Every scenario as it is drawn, in `drawings/`, for a person to review. `SYNOD_DRAWINGS=update` writes them anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawSequence, scenarios } from "../src/index.ts";

const folder = new URL("./drawings/", import.meta.url);
const update = process.env["SYNOD_DRAWINGS"] === "update";
if (update) mkdirSync(folder, { recursive: true });

describe.each(scenarios)("$protocol $name", ({ protocol, name, title, run }) => {
  test("is the same each time it is played, also as JSON", () => {
    const trace = run();
    expect(JSON.parse(JSON.stringify(run()))).toEqual(JSON.parse(JSON.stringify(trace)));
    expect(trace).toMatchObject({ protocol, scenario: name });
    expect(trace.messages.length).toBeGreaterThan(0);
    expect(title).not.toBe("");
  });

  test("is drawn as it was reviewed, within 120 columns", () => {
    const drawing = drawSequence(run());
    const file = new URL(`${protocol}-${name}.txt`, folder);
    if (update) writeFileSync(file, drawing);
    expect(existsSync(file)).toBe(true);
    expect(drawing).toBe(readFileSync(file, "utf8"));
    const widest = Math.max(...drawing.split("\n").map((line) => line.length));
    if (protocol === "basic") expect(widest).toBeLessThanOrEqual(120);
  });
});

test("no two scenarios of a protocol share a name", () => {
  const names = scenarios.map(({ protocol, name }) => `${protocol} ${name}`);
  expect(new Set(names).size).toBe(names.length);
});
