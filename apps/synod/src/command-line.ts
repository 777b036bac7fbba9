/**
 * The manners of the command line: help and the version on stdout, and one line on stderr for what it refuses.
 */
import { Console, Layer, Option } from "effect";
import { CliConfig, CliOutput, Flag, GlobalFlag, type CliError } from "effect/cli";
import { showError } from "./failure.ts";

const formatter: CliOutput.Formatter = {
  ...CliOutput.defaultFormatter({ colors: false }),
  formatVersion: (name, version) => `${name} ${version}`,
  formatError: ({ message }) => message,
};

const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return Console.log(formatter.formatHelpDoc(event.helpDoc));
      case "Version":
        return Console.log(formatter.formatVersion(event.name, event.version));
      case "InvalidInvocation": {
        const refusals = event.errors.map(showRefusal).join("; ");
        return Console.error(showError(`${refusals}; see ${event.commandPath.join(" ")} --help`));
      }
    }
  },
};

function showRefusal(error: CliError.NonShowHelpErrors): string {
  switch (error._tag) {
    case "InvalidValue":
      return `${error.kind === "flag" ? "--" : ""}${error.option}: expected ${error.expected}, got ${error.value === "" ? "nothing" : JSON.stringify(error.value)}`;
    case "UnrecognizedOption":
      return `unknown flag ${error.option}${showSuggestions(error.suggestions)}`;
    case "UnknownSubcommand":
      return `unknown command ${JSON.stringify(error.subcommand)}${showSuggestions(error.suggestions)}`;
    case "UnexpectedArgument":
      return `unexpected ${error.arguments.map((each) => JSON.stringify(each)).join(" ")}`;
    default:
      return error.message;
  }
}

function showSuggestions(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? "" : ` (did you mean ${suggestions.join(" or ")}?)`;
}

/** How all commands speak. */
export const manners = Layer.mergeAll(
  CliOutput.layer(formatter),
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
);

export const json = Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON value"), Flag.withDefault(false));

/** Sizes of quorums, as `--quorums` takes them. */
export interface QuorumSizes {
  readonly phase1: number;
  readonly phase2: number;
  readonly fast?: number;
}

/** `PHASE1,PHASE2`, and the fast one where the protocol has such. */
export const quorums = Flag.String("quorums").pipe(
  Flag.withMetavar("PHASE1,PHASE2[,FAST]"),
  Flag.filterMap(
    (text) => {
      const [phase1, phase2, fast, ...rest] = text
        .split(",")
        .map((size) => (/^\d{1,2}$/.test(size) ? Number(size) : NaN));
      if (phase1 === undefined || phase2 === undefined || rest.length > 0) return Option.none();
      const sizes: QuorumSizes = { phase1, phase2, ...(fast === undefined ? {} : { fast }) };
      return Object.values(sizes).every((size) => size >= 1) ? Option.some(sizes) : Option.none();
    },
    () => "two or three whole numbers from 1, such as 3,1",
  ),
  Flag.withDescription("Sizes of the quorums; the protocol's usual ones unless told, refused when they need not meet"),
  Flag.optional,
);

/** Who recovers from a collision, of a protocol that leaves the choice. */
export type Recovery = "coordinated" | "uncoordinated";

export const recovery = Flag.Literals("recovery", ["coordinated", "uncoordinated"]).pipe(
  Flag.withDescription("Who recovers from a collision of fast: the leader, which is the default, or each acceptor"),
  Flag.optional,
);

/** What reads are answered by, of a protocol that leaves the choice. */
export type Reads = "confirmed" | "leased";

export const reads = Flag.Literals("reads", ["confirmed", "leased"]).pipe(
  Flag.withDescription(
    "What a leader of multi answers reads by: a quorum that confirms it, which is the default, or a lease of 200 ms, which rests on clocks of which none runs 10 % faster than another",
  ),
  Flag.optional,
);

/** A flag that takes a whole number from `minimum` to `maximum`. */
export function wholeNumber(name: string, minimum: number, maximum: number): Flag.Flag<number> {
  return Flag.String(name).pipe(
    Flag.withMetavar("NUMBER"),
    Flag.filterMap(
      (text) => {
        const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
        return number >= minimum && number <= maximum ? Option.some(number) : Option.none();
      },
      () => `a whole number from ${minimum} to ${maximum}`,
    ),
  );
}
