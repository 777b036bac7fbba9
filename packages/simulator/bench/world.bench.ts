/**
 * Events per second of the simulated world, on one core: every delivery through the real codec, every vote through the
 * real log format, all checkers on.
 *
 *     npx vitest bench --run packages/simulator
 */
import { test } from "vitest";
import { simulate, simulations } from "../src/index.ts";

const seeds = Array.from({ length: 5 }, (_, index) => index + 1);

for (const { name: protocol } of simulations) {
  test(protocol, async ({ bench }) => {
    const totals = { events: 0, simulatedSeconds: 0, seconds: 0 };
    const runAll = (): void => {
      const begin = performance.now();
      for (const seed of seeds) {
        const { events, simulatedSeconds } = simulate({ protocol, seed });
        totals.events += events;
        totals.simulatedSeconds += simulatedSeconds;
      }
      totals.seconds += (performance.now() - begin) / 1000;
    };
    await bench(`${seeds.length} seeds of ${protocol}`, runAll).run();
    const rate = Math.round(totals.events / totals.seconds);
    const pace = Math.round(totals.simulatedSeconds / totals.seconds);
    process.stdout.write(`${protocol}: ${rate} events/s, ${pace} simulated seconds per second\n`);
  });
}
