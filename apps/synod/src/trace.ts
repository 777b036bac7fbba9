/**
 * `synod trace`: the messages of a protocol in a scenario, as its real roles send them.
 */
import { costOf, drawSequence, scenarios, type Scenario } from "@synod/simulator";
import { Effect } from "effect";
import { ProgramError } from "./failure.ts";

export interface TraceSettings {
  readonly protocol: string | undefined;
  readonly scenario: string | undefined;
  readonly json: boolean;
}

/** What is printed, without the last newline. */
export const trace = Effect.fnUntraced(function* ({
  protocol,
  scenario,
  json,
}: TraceSettings): Effect.fn.Return<string, ProgramError> {
  const played = (yield* find(protocol, scenario)).run();
  return json ? JSON.stringify({ ...played, cost: costOf(played.messages) }) : drawSequence(played).trimEnd();
});

/** What there is, of one protocol or of all. */
export const listScenarios = Effect.fnUntraced(function* ({
  protocol,
  json,
}: TraceSettings): Effect.fn.Return<string, ProgramError> {
  const listed = protocol === undefined ? scenarios : yield* ofProtocol(protocol);
  if (json) return JSON.stringify(listed.map(({ protocol: of, name, title }) => ({ protocol: of, name, title })));
  const commandOf = ({ protocol: of, name }: Scenario): string => `${of} ${name}`;
  const width = Math.max(...listed.map((each) => commandOf(each).length));
  return listed.map((each) => `${commandOf(each).padEnd(width)}  ${each.title}`).join("\n");
});

const find = Effect.fnUntraced(function* (
  protocol: string | undefined,
  name: string | undefined,
): Effect.fn.Return<Scenario, ProgramError> {
  if (protocol === undefined) return yield* refuse(`expected a protocol and a scenario; ${protocolsThereAre()}`);
  const there = yield* ofProtocol(protocol);
  const names = there.map((each) => each.name).join(", ");
  if (name === undefined) return yield* refuse(`expected a scenario of ${protocol}, one of ${names}`);
  const found = there.find((each) => each.name === name);
  return found ?? (yield* refuse(`${protocol} has no scenario ${JSON.stringify(name)}, but ${names}`));
});

function ofProtocol(protocol: string): Effect.Effect<readonly Scenario[], ProgramError> {
  const there = scenarios.filter((each) => each.protocol === protocol);
  if (there.length > 0) return Effect.succeed(there);
  return refuse(`there is no protocol ${JSON.stringify(protocol)}; ${protocolsThereAre()}`);
}

function protocolsThereAre(): string {
  const protocols = new Set(scenarios.map(({ protocol }) => protocol));
  return `the protocols are ${[...protocols].join(", ")}; synod trace --list names their scenarios`;
}

function refuse(message: string): Effect.Effect<never, ProgramError> {
  return Effect.fail(new ProgramError({ message: `trace: ${message}` }));
}
