/**
 * `synod museum`: a bug that is put back is caught, and the code without it passes.
 */
import { exhibits } from "@synod/simulator";
import { expect, test } from "vitest";
import type { MuseumReport } from "../src/check/museum.ts";
import { run } from "./program.ts";

test("an exhibit as JSON", async () => {
  const { code, stdout, stderr } = await run(["museum", "promise-not-persisted", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { total, caught, exhibits: reports } = JSON.parse(stdout) as MuseumReport;
  expect({ total, caught }).toEqual({ total: 1, caught: 1 });
  expect(reports).toMatchObject([
    {
      name: "promise-not-persisted",
      caught: true,
      seeds: expect.any(Number),
      checker: expect.stringMatching(/^[a-z]/),
    },
  ]);
});

test("an exhibit with its story, and the command that gives it again", async () => {
  const exhibit = exhibits.find(({ name }) => name === "promise-not-persisted");
  const { code, stdout } = await run(["museum", "promise-not-persisted"]);
  expect(code).toBe(0);
  expect(stdout).toContain(exhibit?.story);
  expect(stdout).toContain(`Source: ${exhibit?.source}`);
  expect(stdout).toMatch(/\n1 of 1 caught\n$/);
  const command = /^npx synod (replay .*)$/m.exec(stdout)?.[1] ?? "";
  expect(await run(command.split(" "))).toMatchObject({ code: 1, stderr: "" });
});
