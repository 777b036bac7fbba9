/**
 * Reports for people: tables, the shortest schedule of faults, and the messages that a violation is about.
 */
import { drawSequence, showFaults, showSeconds } from "@synod/simulator";
import type { CheckReport } from "./check.ts";
import type { Finding } from "./tasks.ts";

/** For a terminal of usual size, and for a report of an issue. */
const diagramColumns = 100;

export function showCheck(report: CheckReport): string {
  const { firstSeed, seeds } = report;
  return [`${targetOf(report)}, seeds ${firstSeed} to ${firstSeed + seeds - 1}: no violation`, ...showRun(report)].join(
    "\n",
  );
}

/** What was run until a signal came; a violation that was found is told as its seed gives it. */
export function showInterrupted(report: CheckReport): string {
  const { firstSeed, seeds, violations } = report;
  const until = `${targetOf(report)}, INTERRUPTED after ${count(seeds)} seeds, from ${firstSeed} on`;
  if (violations.length === 0) return [`${until}: no violation until then`, ...showRun(report)].join("\n");
  return [
    until,
    ...violations.flatMap(({ seed, checker, message, schedule, hash, replay }) => [
      "",
      `seed ${seed}: ${checker}`,
      "",
      `  ${message}`,
      "",
      `it was not looked how few of the seed's ${schedule.length} faults are enough`,
      "",
      `hash ${hash}, again with`,
      `  ${replay}`,
    ]),
  ].join("\n");
}

/** What the runs did, in tables. */
function showRun(report: CheckReport): readonly string[] {
  const { seeds, events, simulatedSeconds, wallSeconds, eventsPerCoreSecond, threads } = report;
  return [
    ...showUndecided(report),
    "",
    ...table([
      ["seeds", count(seeds)],
      ["events", count(events), `${count(eventsPerCoreSecond)} per second and core, on ${threads}`],
      ["simulated", `${count(Math.round(simulatedSeconds))} s`, inWallTime(simulatedSeconds, wallSeconds)],
    ]),
    "",
    ...showCounts("faults that struck", report.faults),
    "",
    ...showCounts("what the runs reached", report.reached),
  ];
}

function targetOf({ protocol, exhibit }: CheckReport): string {
  return exhibit === undefined ? protocol : `${protocol} with ${exhibit}`;
}

/** Without a violation, and yet not known to be right. */
function showUndecided({ undecided, seeds }: CheckReport): readonly string[] {
  if (undecided === 0) return [];
  return [
    `UNDECIDED: whether ${count(undecided)} of ${count(seeds)} histories are linearizable: the search was given up`,
  ];
}

function inWallTime(simulatedSeconds: number, wallSeconds: number): string {
  if (wallSeconds === 0) return "";
  return `in ${wallSeconds.toFixed(1)} s, ${Math.round(simulatedSeconds / wallSeconds)} times as fast`;
}

export function showCounts(title: string, each: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(each).map(([name, number]) => [`  ${name}`, count(number)]);
  return [title, ...(rows.length === 0 ? ["  none"] : table(rows))];
}

/** Names to the left, numbers to the right of their column, and what is to be said of them. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? "").length));
  const [names, numbers] = [width(0), width(1)];
  return rows.map(([name = "", number = "", remark = ""]) =>
    `${name.padEnd(names)}  ${number.padStart(numbers)}  ${remark}`.trimEnd(),
  );
}

/** 12 345 678. */
function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, " ");
}

export function showFinding(report: CheckReport, seed: number, finding: Finding, replay: string): string {
  const { violation, faults, drawnFaults, people, runs, ending, endingWords, hash } = finding;
  const fewer = people === undefined ? "" : ` and ${people} ${people === 1 ? "client" : "clients"}`;
  return [
    `${targetOf(report)}, seed ${seed}, the first that fails of ${count(report.seeds)}: ${violation.checker}`,
    "",
    `  ${violation.message}`,
    "",
    `${faults.length} of the seed's ${drawnFaults} faults${fewer} are enough, as ${runs} runs tell`,
    ...(faults.length === 0 ? [] : ["", showFaults(faults)]),
    "",
    `${endingWords}, up to ${showSeconds(violation.at)}; times in microseconds, values as digest/bytes`,
    "",
    drawSequence(ending, { fitWidth: diagramColumns }).trimEnd(),
    "",
    `hash ${hash}, again with`,
    `  ${replay}`,
  ].join("\n");
}
