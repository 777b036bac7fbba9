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
