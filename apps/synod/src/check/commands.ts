/**
 * The commands that simulate: `check`, `replay` and `museum`.
 */
import { exhibits } from "@synod/simulator";
import { Effect, Option } from "effect";
import { Argument, Command, Flag } from "effect/cli";
import { json } from "../command-line.ts";
import { failWith, ProgramError } from "../failure.ts";
import { check } from "./check.ts";
import * as flags from "./flags.ts";
import { listExhibits, museum } from "./museum.ts";
import { replay } from "./replay.ts";

const targets = { protocol: flags.protocol, exhibit: flags.exhibit };

/** Only one of two things may be told. */
function notBoth(
  command: string,
  one: readonly [name: string, value: Option.Option<unknown>],
  other: readonly [name: string, value: Option.Option<unknown>],
): Effect.Effect<void, ProgramError> {
  if (Option.isNone(one[1]) || Option.isNone(other[1])) return Effect.void;
  return Effect.fail(new ProgramError({ message: `${command}: expected --${one[0]} or --${other[0]}, not both` }));
}

export const checkCommand = Command.make(
  "check",
  {
    ...targets,
    seeds: flags.seeds,
    seconds: flags.seconds,
    nodes: flags.nodes,
    liars: flags.liars,
    faults: flags.faults,
    json,
  },
  (given) => {
    const seconds = Option.getOrUndefined(given.seconds);
    // Of two soaks neither runs the other's seeds, unless it runs more than a thousand of them in a second.
    const soaked = { first: Date.now(), last: Number.MAX_SAFE_INTEGER };
    const range = Option.getOrElse(given.seeds, () => (seconds === undefined ? flags.usualSeeds : soaked));
    return Effect.gen(function* () {
      yield* notBoth("check", ["seeds", given.seeds], ["seconds", given.seconds]);
      yield* notBoth("check", ["protocol", given.protocol], ["exhibit", given.exhibit]);
      yield* Effect.scoped(
        check({
          target: flags.targetOf(given),
          nodes: Option.getOrUndefined(given.nodes),
          liars: Option.getOrUndefined(given.liars),
          faults: Option.getOrUndefined(given.faults),
          ...range,
          seconds,
          json: given.json,
        }),
      );
    }).pipe(failWith);
  },
).pipe(
  Command.withDescription(
    "Run a protocol in a simulated world with faults, seed after seed, until one breaks a rule; then find the fewest faults that do",
  ),
  Command.withShortDescription("Run seeds of a simulated cluster with faults, and check them"),
  Command.withExamples([
    { command: "synod check", description: "A thousand seeds of multi" },
    { command: "synod check --seconds 3600 --nodes 5", description: "An hour of seeds that nobody has run" },
    { command: "synod check --faults partition,process", description: "By names of faults, or groups" },
  ]),
);

export const replayCommand = Command.make(
  "replay",
  {
    seed: flags.seed,
    ...targets,
    nodes: flags.nodes,
    liars: flags.liars,
    faults: flags.faults,
    only: flags.only,
    people: flags.people,
    messages: Flag.Boolean("messages").pipe(
      Flag.withDescription("Print each message as it is sent"),
      Flag.withDefault(false),
    ),
    history: Flag.String("history").pipe(
      Flag.withMetavar("FILE"),
      Flag.filter(
        (name) => name !== "",
        () => "the name of a file",
      ),
      Flag.withDescription("Write what clients asked and were told to a file, as JSON lines"),
      Flag.optional,
    ),
    json,
  },
  (given) =>
    Effect.andThen(
      notBoth("replay", ["protocol", given.protocol], ["exhibit", given.exhibit]),
      replay({
        target: flags.targetOf(given),
        seed: given.seed,
        nodes: Option.getOrUndefined(given.nodes),
        liars: Option.getOrUndefined(given.liars),
        faults: Option.getOrUndefined(given.faults),
        only: Option.getOrUndefined(given.only),
        people: Option.getOrUndefined(given.people),
        messages: given.messages,
        history: Option.getOrUndefined(given.history),
        json: given.json,
      }),
    ).pipe(failWith),
).pipe(
  Command.withDescription("Run one seed again, to the last message, and say what became of it"),
  Command.withExamples([{ command: "synod replay 17 --only 3,5", description: "With two of its faults" }]),
);

export const museumCommand = Command.make(
  "museum",
  {
    name: Argument.String("NAME").pipe(
      Argument.filter(
        (name) => exhibits.some((each) => each.name === name),
        () => "the name of an exhibit, which synod museum --list names",
      ),
      Argument.withDescription("One exhibit, with its story; all unless told"),
      Argument.optional,
    ),
    list: Flag.Boolean("list").pipe(Flag.withDescription("Name the exhibits there are"), Flag.withDefault(false)),
    json,
  },
  ({ name, list, json: asJson }) => {
    const visited = museum({ name: Option.getOrUndefined(name), json: asJson });
    return Effect.scoped(list ? listExhibits(asJson) : visited).pipe(failWith);
  },
).pipe(
  Command.withDescription("Put known bugs of consensus back, one at a time, and see that the checkers find each"),
  Command.withShortDescription("Put known bugs back, and see that the checkers find each"),
);
