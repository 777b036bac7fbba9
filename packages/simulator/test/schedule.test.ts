import { expect, test } from "vitest";
import { seededRandom } from "../src/random.ts";
import { Schedule } from "../src/schedule.ts";

test("actions come in order of time, and at one time in the order they were planned", () => {
  const random = seededRandom(1);
  const schedule = new Schedule();
  const planned: { time: number; number: number }[] = [];
  const happened: { time: number; number: number }[] = [];
  for (let number = 0; number < 500; number++) {
    const time = Math.floor(random() * 20);
    planned.push({ time, number });
    schedule.plan(time, () => happened.push({ time, number }));
  }
  while (schedule.nextTime < Infinity) schedule.take()?.();
  expect(happened).toEqual(planned.sort((one, other) => one.time - other.time || one.number - other.number));
  expect(schedule.take()).toBeUndefined();
});
