/**
 * The flags of `check`, `replay` and `museum`, and what each may be.
 */
import { exhibits, faultGroups, faultKinds, simulations } from "@synod/simulator";
import { maxAcceptors } from "@synod/protocol";
import { Option } from "effect";
import { Argument, Flag } from "effect/cli";
import { wholeNumber } from "../command-line.ts";
import type { Target } from "./target.ts";

/** Seeds from the first to the last, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

export const usualSeeds: SeedRange = { first: 1, last: 1000 };

export const usualProtocol = "multi";

export const protocol = Flag.Literals(
  "protocol",
  simulations.map(({ name }) => name),
).pipe(Flag.withDescription(`The protocol; ${usualProtocol} unless told`), Flag.optional);

export const exhibit = Flag.String("exhibit").pipe(
  Flag.withMetavar("NAME"),
  Flag.filter(
    (name) => exhibits.some((each) => each.name === name),
    () => "the name of an exhibit, which synod museum --list names",
  ),
  Flag.withDescription("A known bug of the museum, instead of a protocol"),
  Flag.optional,
);

export const nodes = wholeNumber("nodes", 1, maxAcceptors).pipe(
  Flag.withDescription("How many nodes; drawn for each seed unless told"),
  Flag.optional,
);

export const liars = wholeNumber("liars", 0, maxAcceptors).pipe(
  Flag.withDescription("How many nodes lie, in a protocol that bears liars; drawn for each seed unless told"),
  Flag.optional,
);

export const faults = Flag.String("faults").pipe(
  Flag.withMetavar("LIST"),
  Flag.filterMap(
    (text) => Option.filter(Option.some(text.split(",")), areFaults),
    () => `names with commas between, from ${[...faultGroups, ...faultKinds.map(({ name }) => name)].join(", ")}`,
  ),
  Flag.withDescription(
    `The faults that may strike, by name or group (${faultGroups.join(", ")}), with commas between; all usual ones unless told`,
  ),
  Flag.optional,
);

function areFaults(names: readonly string[]): boolean {
  const known = new Set<string>([...faultGroups, ...faultKinds.map(({ name }) => name)]);
  return names.every((name) => known.has(name));
}

export const seeds = Flag.String("seeds").pipe(
  Flag.withMetavar("A..B"),
  Flag.filterMap(
    (text) => Option.fromNullishOr(seedsNamed(text)),
    () => `a range of whole numbers to ${Number.MAX_SAFE_INTEGER}, the lower one first, such as 1..1000`,
  ),
  Flag.withDescription(
    `The seeds to run, from A to B, both included; ${usualSeeds.first}..${usualSeeds.last} unless told`,
  ),
  Flag.optional,
);

function seedsNamed(text: string): SeedRange | undefined {
  const [, from = "", through = from] = /^(\d{1,16})(?:\.\.(\d{1,16}))?$/.exec(text) ?? [];
  if (from === "") return undefined;
  const [first, last] = [Number(from), Number(through)];
  return first <= last && Number.isSafeInteger(last) ? { first, last } : undefined;
}

export const seconds = wholeNumber("seconds", 1, Number.MAX_SAFE_INTEGER).pipe(
  Flag.withDescription(
    "Run new seeds for so long instead, from one that nobody has run before: the time in milliseconds",
  ),
  Flag.optional,
);

export const seed = Argument.String("SEED").pipe(
  Argument.filterMap(
    (text) => Option.filter(Option.some(/^\d{1,16}$/.test(text) ? Number(text) : NaN), Number.isSafeInteger),
    () => `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  ),
  Argument.withDescription("The seed, as check prints it"),
);

export const only = Flag.String("only").pipe(
  Flag.withMetavar("LIST"),
  Flag.filterMap(
    (text) =>
      /^(none|\d{1,9}(,\d{1,9})*)$/.test(text)
        ? Option.some(text === "none" ? [] : text.split(",").map(Number))
        : Option.none<readonly number[]>(),
    () => "indexes of faults with commas between, such as 3,17, or none",
  ),
  Flag.withDescription("Of the faults of this seed only these, by index, with commas between; none for none"),
  Flag.optional,
);

export const people = wholeNumber("people", 1, 1000).pipe(
  Flag.withDescription("At most so many clients; as many as the seed draws unless told"),
  Flag.optional,
);

/** What is checked, of what the flags may say. */
export function targetOf(flags: {
  readonly protocol: Option.Option<string>;
  readonly exhibit: Option.Option<string>;
}): Target {
  return Option.match(flags.exhibit, {
    onSome: (name) => ({ kind: "exhibit", name }),
    onNone: () => ({ kind: "protocol", name: Option.getOrElse(flags.protocol, () => usualProtocol) }),
  });
}
