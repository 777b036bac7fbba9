/**
 * How far a check has come: a bar on stderr when that is a terminal, and nothing else.
 */
import { Presets, SingleBar } from "cli-progress";
import { Effect, type Scope } from "effect";
import type { Searched, SearchPlan } from "./search.ts";
import { sumOf, type Counts } from "./totals.ts";

/** Within 80 columns, also after a night. */
const format = "{bar} {percentage}%  {seeds} seeds  {events} events  {simulated} s  {faults} faults  {rate}/s";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** The bar goes when the scope closes. */
export const openSearchBar = Effect.fnUntraced(function* ({
  first,
  last,
  seconds,
}: SearchPlan): Effect.fn.Return<(searched: Searched) => void, never, Scope.Scope> {
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  const update = yield* openBar(format, seconds ?? last - first + 1, fieldsOf(undefined, 0));
  return ({ counts }) => update(seconds === undefined ? counts.seeds : elapsed(), fieldsOf(counts, elapsed()));
});

export const openMuseumBar = Effect.fnUntraced(function* (
  total: number,
): Effect.fn.Return<(visited: number, caught: number) => void, never, Scope.Scope> {
  const update = yield* openBar("{bar} {value}/{total} exhibits  {caught} caught", total, { caught: 0 });
  return (visited, caught) => update(visited, { caught });
});

type Fields = Readonly<Record<string, string | number>>;

const openBar = Effect.fnUntraced(function* (
  text: string,
  total: number,
  fields: Fields,
): Effect.fn.Return<(value: number, fields: Fields) => void, never, Scope.Scope> {
  if (process.stderr.isTTY !== true) return () => undefined;
  const bar = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const options = { format: text, stream: process.stderr, barsize: 10, hideCursor: true, clearOnComplete: true };
      const opened = new SingleBar(options, Presets.shades_classic);
      opened.start(total, 0, fields);
      return opened;
    }),
    (opened) => Effect.sync(() => opened.stop()),
  );
  return (value, now) => bar.update(Math.min(value, total), now);
});

function fieldsOf(counts: Counts | undefined, seconds: number): Fields {
  return {
    seeds: counts?.seeds ?? 0,
    events: compact.format(counts?.events ?? 0),
    simulated: compact.format(counts?.simulatedSeconds ?? 0),
    faults: compact.format(sumOf(counts?.faults ?? {})),
    rate: compact.format(counts === undefined ? 0 : counts.events / seconds),
  };
}
