import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { simulate, simulations } from "../../src/index.ts";

const seeds = 4;
/** Each seed is run three times. */
const longMs = 120_000;

test(
  "runs agree with each other, and with this process, where clocks, timers and randomness throw",
  () => {
    const script = fileURLToPath(new URL("timeless-run.ts", import.meta.url));
    const printed = execFileSync(process.execPath, [...process.execArgv, script, String(seeds)], { encoding: "utf8" });
    const here = simulations.map(({ name: protocol }) =>
      Array.from({ length: seeds }, (_, index) => {
        const { hash } = simulate({ protocol, seed: index + 1 });
        return [hash, hash];
      }),
    );
    expect(JSON.parse(printed)).toEqual(here);
  },
  longMs,
);
