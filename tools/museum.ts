/**
 * Writes docs/museum.md from a real tour: `npm run museum-page`, some minutes. Each bug is looked for in seeds
 * 1, 2, 3 ... with its own options, and the right code is run in the same seeds. With names only these exhibits are
 * visited, and the rows of the others stay as they are.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquit, exhibits, mostSeeds, visit, type Exhibit, type Visit } from "@synod/simulator";

const page = join(import.meta.dirname, "..", "docs", "museum.md");
const start = "<!-- tour: written by tools/museum.ts -->";
const end = "<!-- end of tour -->";
const notCaught = "not caught";

const text = readFileSync(page, "utf8");
const [before = "", rest = ""] = text.split(start);
const [oldTour = "", after = "\n"] = rest.split(end);
const oldRows = new Map(
  [...oldTour.matchAll(/^\| `([a-z0-9-]+)` \|.*$/gm)].map(([line, name]): [string, string] => [name ?? "", line]),
);
const asked = process.argv.slice(2);

function rowOf(exhibit: Exhibit): string {
  const kept = asked.length > 0 && !asked.includes(exhibit.name) ? oldRows.get(exhibit.name) : undefined;
  return kept ?? row(exhibit, tour(exhibit));
}

function tour(exhibit: Exhibit): Visit {
  const visited = visit(exhibit);
  const { failed } = acquit(exhibit, visited.caught ? visited.seeds : 0);
  if (failed !== undefined) {
    const { checker, message } = failed.violation;
    throw new Error(`${exhibit.name}: the right code fails in seed ${failed.seed}: ${checker}: ${message}`);
  }
  const found = visited.caught ? `${visited.checker}, seed ${visited.seeds}` : notCaught;
  process.stderr.write(`${exhibit.name}: ${found}\n`);
  return visited;
}

function row({ name, title }: Exhibit, { caught, checker, seeds }: Visit): string {
  const found = caught ? [checker, seeds] : [`**${notCaught}**`, `> ${seeds}`];
  return `| ${[`\`${name}\``, title, ...found].map(cell).join(" | ")} |`;
}

/** Text for one cell of a table. */
function cell(text: string | number): string {
  return String(text).replaceAll("|", "\\|");
}

function chapter({ name, title, story, source, simulation }: Exhibit): readonly string[] {
  return [`### ${name}`, "", `${title}. In ${simulation.name}.`, "", story, "", `Source: ${source}`, ""];
}

const rows = exhibits.map(rowOf);
const caught = rows.filter((line) => !line.includes(`**${notCaught}**`)).length;
const table = [
  start,
  "",
  `${caught} of ${exhibits.length} bugs are caught within ${mostSeeds} seeds. The right code passes the same seeds.`,
  "",
  "<!-- prettier-ignore -->",
  "| exhibit | what | checker | seeds |",
  "| --- | --- | --- | ---: |",
  ...rows,
  "",
  "## The stories",
  "",
  ...exhibits.flatMap(chapter),
  end,
];
writeFileSync(page, `${before}${table.join("\n")}${after}`);
