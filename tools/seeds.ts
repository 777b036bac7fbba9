/**
 * Seeds of every protocol in the simulated world, as many as a gate has time for: `npm run seeds`. A protocol that is
 * there for its flaw must be found out.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { simulations } from "@synod/simulator";

const program = join(import.meta.dirname, "..", "apps", "synod", "bin", "synod.js");
/** Of the protocol that most rely on; of the others each gets as many as `others`. */
const seeds: Readonly<Record<string, number>> = { multi: 2000 };
const others = 100;

let failed = false;
for (const { name, knownFlaw } of simulations) {
  const range = `1..${seeds[name] ?? others}`;
  process.stdout.write(`\nsynod check --protocol ${name} --seeds ${range}\n`);
  // A flaw is reported at length: only that it was found is of interest here.
  const { status } = spawnSync(process.execPath, [program, "check", "--protocol", name, "--seeds", range], {
    stdio: ["ignore", knownFlaw === undefined ? "inherit" : "ignore", "inherit"],
  });
  const expected = knownFlaw === undefined ? 0 : 1;
  if (knownFlaw !== undefined && status === expected) process.stdout.write(`found: ${knownFlaw}\n`);
  if (status === expected) continue;
  failed = true;
  process.stderr.write(`${name}: expected exit code ${expected}, got ${status}\n`);
}
process.exitCode = failed ? 1 : 0;
