/**
 * A seed is the same run under every Node that is supported: runs some in this one and in another, from the same
 * sources, and compares their hashes. `npm run same-hash`, which fetches the other Node.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const oldest = "22.23.3";
const root = join(import.meta.dirname, "..");
const script = join(root, "packages", "simulator", "test", "world", "timeless-run.ts");
const run = ["--disable-warning=ExperimentalWarning", "--conditions=@synod/source", script, "10"];

const other = ["exec", "--yes", `--package=node@${oldest}`, "--", "node"];
const options = { cwd: root, encoding: "utf8" } as const;
const here = execFileSync(process.execPath, run, options);
const there = execFileSync("npm", [...other, ...run], options);
const version = execFileSync("npm", [...other, "--version"], options).trim();
if (version !== `v${oldest}`) throw new Error(`expected Node v${oldest} to run, got ${version}`);
if (here !== there) throw new Error(`the hashes of Node ${process.version} and ${version} differ:\n${here}\n${there}`);
process.stdout.write(`Node ${process.version} and ${version} run the same seeds to the same hashes\n`);
