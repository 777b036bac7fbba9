/**
 * `synod check`: seeds of simulated runs, until one breaks a rule, which is then made small enough to read.
 */
import { resolveFaults, type Fault } from "@synod/simulator";
import { Effect, type Scope } from "effect";
import { rounded } from "../bench/measure.ts";
import { ProgramError, RuleBroken, type ReaderGone } from "../failure.ts";
import { print } from "../output.ts";
import { attempt, openPool, type Pool } from "./pool.ts";
import { openSearchBar } from "./progress.ts";
import { replayCommand } from "./replay-command.ts";
import { nothingSearched, search, type Searched, type SearchPlan } from "./search.ts";
import { showCheck, showFinding, showInterrupted } from "./show.ts";
import { protocolOf } from "./target.ts";
import type { Failed, Finding } from "./tasks.ts";
import { brokenRule, type BrokenRule } from "./violation.ts";

export interface CheckSettings extends SearchPlan {
  readonly json: boolean;
}

/** What `--json` prints. */
export interface CheckReport {
  readonly protocol: string;
  /** The bug of the museum that was put in. */
  readonly exhibit?: string;
  readonly firstSeed: number;
  /** How many were run. */
  readonly seeds: number;
  readonly events: number;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  /** Of one thread while it works. */
  readonly eventsPerCoreSecond: number;
  readonly threads: number;
  /** How often each class of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  /** Runs whose history the checker of linearizability could not decide on. */
  readonly undecided: number;
  /** Classes that were asked for and never struck. */
  readonly missing: readonly string[];
  /** A signal ended it before it was done: what is told is of the seeds that were run until then. */
  readonly interrupted: boolean;
  /** None or one: a check stops at the first. */
  readonly violations: readonly ViolationReport[];
}

export interface ViolationReport extends BrokenRule {
  readonly seed: number;
  /** The fewest faults that are enough; all that were drawn when the check was interrupted before it knew. */
  readonly schedule: readonly Fault[];
  /** How many clients are enough, when that is fewer than the seed draws. */
  readonly people?: number;
  /** Of the run with these faults and clients. */
  readonly hash: string;
  /** The command that gives it again. */
  readonly replay: string;
}

export const check = Effect.fnUntraced(function* (
  settings: CheckSettings,
): Effect.fn.Return<void, ProgramError | ReaderGone | RuleBroken, Scope.Scope> {
  yield* checkOn(yield* openPool, settings);
});

/** @param onSearched hears how far it has come, after each task */
export function checkOn(
  pool: Pool,
  settings: CheckSettings,
  onSearched: (searched: Searched) => void = () => undefined,
): Effect.Effect<void, ProgramError | ReaderGone | RuleBroken> {
  let searched = nothingSearched;
  const searching = Effect.scoped(
    Effect.gen(function* () {
      const update = yield* openSearchBar(settings);
      const advance = (now: Searched): void => {
        searched = now;
        update(now);
        onSearched(now);
      };
      return yield* attempt("check", () => search(pool, settings, advance));
    }),
  );
  return searching.pipe(
    Effect.flatMap((whole) => conclude(pool, settings, whole)),
    Effect.onInterrupt(() => {
      const { failed } = searched;
      const violations = failed === undefined ? [] : [unshrunk(settings, failed)];
      const report = { ...reportOf(settings, pool.threads, searched, violations), interrupted: true };
      return print(settings.json ? JSON.stringify(report) : showInterrupted(report));
    }),
  );
}

const conclude = Effect.fnUntraced(function* (
  pool: Pool,
  settings: CheckSettings,
  searched: Searched,
): Effect.fn.Return<void, ProgramError | ReaderGone | RuleBroken> {
  const { target, nodes, liars, faults, json } = settings;
  const options = { target, nodes, liars, faults };
  const { failed } = searched;
  if (failed === undefined) {
    const report = reportOf(settings, pool.threads, searched, []);
    yield* print(json ? JSON.stringify(report) : showCheck(report));
    if (report.missing.length === 0) return;
    return yield* new ProgramError({
      message: `check: --faults: asked for and never injected in ${report.seeds} seeds: ${report.missing.join(", ")}`,
    });
  }
  const { seed } = failed;
  const finding = yield* attempt("check", () => pool.run("shrink", { ...options, seed }));
  const only = finding.faults.map(({ index }) => index);
  const replay = replayCommand({ ...options, seed, only, people: finding.people });
  const report = reportOf(settings, pool.threads, searched, [violationOf(seed, finding, replay)]);
  yield* print(json ? JSON.stringify(report) : showFinding(report, seed, finding, replay));
  return yield* new RuleBroken();
});

function reportOf(
  { target, faults, first }: CheckSettings,
  threads: number,
  { counts, wallSeconds }: Searched,
  violations: readonly ViolationReport[],
): CheckReport {
  return {
    protocol: protocolOf(target),
    ...(target.kind === "exhibit" ? { exhibit: target.name } : {}),
    firstSeed: first,
    seeds: counts.seeds,
    events: counts.events,
    simulatedSeconds: rounded(counts.simulatedSeconds, 3),
    wallSeconds: rounded(wallSeconds, 3),
    eventsPerCoreSecond: counts.busySeconds > 0 ? Math.round(counts.events / counts.busySeconds) : 0,
    threads,
    faults: counts.faults,
    reached: counts.reached,
    undecided: counts.undecided,
    missing: resolveFaults(faults ?? [])
      // Of all kinds those are not demanded that not every protocol has.
      .filter(({ name, group }) => group !== "members" || faults?.includes(group) === true || faults?.includes(name))
      .map(({ name }) => name)
      .filter((name) => (counts.faults[name] ?? 0) === 0),
    interrupted: false,
    violations,
  };
}

/** What is known of a run that broke a rule before it was made smaller. */
function unshrunk(
  { target, nodes, liars, faults }: CheckSettings,
  { seed, violation, hash, schedule }: Failed,
): ViolationReport {
  const replay = replayCommand({ target, nodes, liars, faults, seed, only: undefined, people: undefined });
  return { seed, ...brokenRule(violation), schedule, hash, replay };
}

function violationOf(seed: number, { violation, faults, people, hash }: Finding, replay: string): ViolationReport {
  return {
    seed,
    ...brokenRule(violation),
    schedule: faults,
    ...(people === undefined ? {} : { people }),
    hash,
    replay,
  };
}
