/**
 * Whole clusters of the real roles under every fault that the toy world knows, with small limits, so that windows
 * fill and answers come in pages.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { flexible, limits, majority, timing } from "../../src/index.ts";
import { configurationOf } from "../../src/multi/index.ts";
import { World, type Faults } from "./world.ts";

const small = { ...limits, windowSlots: 5, valueBytes: 12, batchBytes: 12, answerBytes: 10, learnerSlots: 12 };

const chance = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 20 }).map((part) => (most * part) / 20);

const runs = fc.record({
  seed: fc.nat(),
  quorums: fc.constantFrom(majority(3), majority(5), flexible(3, 3, 1), flexible(5, 4, 2)),
  learning: fc.constantFrom("distinguished" as const, "every" as const),
  // Hasty elections make leaders compete; the last is what nodes use.
  timing: fc.constantFrom(
    { heartbeatTicks: 2, electionTicks: 4, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 8, retryTicks: 4, catchUpTicks: 2 },
    timing,
  ),
  ticks: fc.integer({ min: 50, max: 400 }),
  faults: fc.record<Faults>({
    loss: chance(0.2),
    duplication: chance(0.3),
    crash: chance(0.06),
    cut: chance(0.06),
    sync: chance(0.8).map((sync) => sync + 0.2),
  }),
});

test("any run keeps every rule, and comes to rest in agreement when the faults stop", () => {
  const totals = { chosen: 0, noOps: 0, reads: 0, ballots: 0 };
  fc.assert(
    fc.property(runs, ({ seed, quorums, learning, timing, ticks, faults }) => {
      const configuration = configurationOf(quorums.acceptors, { quorums, learning, timing, limits: small });
      const world = new World(configuration, seed, faults);
      for (let each = 0; each < ticks; each++) {
        world.tick();
        world.ask();
      }
      world.heal();
      const before = world.oracle.counts.chosen;
      const settled = (): boolean =>
        world.oracle.counts.chosen > before && new Set(world.replicas.map(({ state }) => state)).size === 1;
      for (let each = 0; each < 1500 && !settled(); each++) {
        world.tick();
        if (each % 4 === 0) world.ask();
      }
      expect(settled(), `applied: ${world.replicas.map(({ applied }) => applied).join(", ")}`).toBe(true);
      for (const key of ["chosen", "noOps", "reads", "ballots"] as const) totals[key] += world.oracle.counts[key];
    }),
    { seed: 20_260, numRuns: 300, endOnFailure: true },
  );
  // The runs went through what they are for.
  expect(Math.min(...Object.values(totals))).toBeGreaterThan(0);
});
