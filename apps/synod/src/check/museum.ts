/**
 * `synod museum`: known bugs, each put back, and whether the checkers find them.
 */
import { exhibits, type Exhibit } from "@synod/simulator";
import { Effect, type Scope } from "effect";
import { RuleBroken, type ProgramError, type ReaderGone } from "../failure.ts";
import { print } from "../output.ts";
import { attempt, openPool } from "./pool.ts";
import { openMuseumBar } from "./progress.ts";
import { replayCommand } from "./replay-command.ts";
import type { Visited } from "./tasks.ts";

export interface MuseumSettings {
  /** All when it is not given. */
  readonly name: string | undefined;
  readonly json: boolean;
}

/** What `--json` prints. */
export interface MuseumReport {
  readonly total: number;
  readonly caught: number;
  readonly exhibits: readonly ExhibitReport[];
}

export interface ExhibitReport {
  readonly name: string;
  readonly protocol: string;
  readonly title: string;
  readonly caught: boolean;
  /** How many seeds it took, or were run in vain. */
  readonly seeds: number;
  /** Who caught it; empty when none did. */
  readonly checker: string;
  readonly message: string;
  /** Whether the code without the bug passes the same seeds. */
  readonly unmodifiedPasses: boolean;
  /** The command that gives the run again; empty when it was not caught. */
  readonly replay: string;
}

export const museum = Effect.fnUntraced(function* ({
  name,
  json,
}: MuseumSettings): Effect.fn.Return<void, ProgramError | ReaderGone | RuleBroken, Scope.Scope> {
  const shown = exhibits.filter((each) => name === undefined || each.name === name);
  const pool = yield* openPool;
  const reports = yield* Effect.scoped(
    Effect.gen(function* () {
      const update = yield* openMuseumBar(shown.length);
      let visited = 0;
      let caught = 0;
      return yield* Effect.forEach(
        shown,
        (exhibit) =>
          Effect.map(
            attempt("museum", () => pool.run("visit", { exhibit: exhibit.name })),
            (result) => {
              visited += 1;
              if (result.visit.caught) caught += 1;
              update(visited, caught);
              return reportOf(exhibit, result);
            },
          ),
        { concurrency: pool.threads },
      );
    }),
  );
  const report: MuseumReport = {
    total: reports.length,
    caught: reports.filter(({ caught }) => caught).length,
    exhibits: reports,
  };
  const [only] = shown;
  const story = name === undefined || only === undefined ? "" : `${showStory(only)}\n\n`;
  yield* print(json ? JSON.stringify(report) : `${story}${showMuseum(report)}`);
  if (reports.some(({ caught, unmodifiedPasses }) => !caught || !unmodifiedPasses)) return yield* new RuleBroken();
});

/** What there is, without a visit. */
export function listExhibits(json: boolean): Effect.Effect<void, ProgramError | ReaderGone> {
  const listed = exhibits.map(({ name, title, simulation }) => ({ name, protocol: simulation.name, title }));
  const width = Math.max(...listed.map(({ name }) => name.length));
  const lines = listed.map(({ name, title }) => `${name.padEnd(width)}  ${title}`);
  return print(json ? JSON.stringify(listed) : lines.join("\n"));
}

function reportOf({ name, title, simulation }: Exhibit, { visit, acquittal }: Visited): ExhibitReport {
  const { caught, seeds, checker, message } = visit;
  const options = { target: { kind: "exhibit", name }, nodes: undefined, faults: undefined } as const;
  return {
    name,
    protocol: simulation.name,
    title,
    caught,
    seeds,
    checker,
    message,
    unmodifiedPasses: acquittal.failed === undefined,
    replay: caught ? replayCommand({ ...options, seed: seeds, only: undefined, people: undefined }) : "",
  };
}

function showStory({ title, story, source }: Exhibit): string {
  return [title, "", story, "", `Source: ${source}`].join("\n");
}

function showMuseum({ total, caught, exhibits: reports }: MuseumReport): string {
  const width = Math.max(...reports.map(({ name }) => name.length));
  const checkers = Math.max(...reports.map(({ checker }) => checker.length), "not caught".length);
  return [
    ...reports.map((each) =>
      [
        each.name.padEnd(width),
        (each.caught ? each.checker : "not caught").padEnd(checkers),
        `${each.seeds} ${each.seeds === 1 ? "seed" : "seeds"}`,
        ...(each.unmodifiedPasses ? [] : ["the right code fails, too"]),
      ].join("  "),
    ),
    ...(total === 1
      ? reports.flatMap(({ message, replay }) => ["", message, "", ...(replay === "" ? [] : [replay])])
      : []),
    "",
    `${caught} of ${total} caught`,
  ].join("\n");
}
