/**
 * Plays a scenario and counts what was said.
 */
import { scenarios, type Trace, type TracedMessage } from "../src/index.ts";

export function play(protocol: string, name: string): Trace {
  const scenario = scenarios.find((each) => each.protocol === protocol && each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${protocol} ${name}`);
  return scenario.run();
}

/** How many messages of each kind arrived, by the roles that they went between. */
export function flow(messages: readonly TracedMessage[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, from, to, lost } of messages) {
    if (lost !== undefined) continue;
    const step = `${kind}: ${from.split(" ")[0]} to ${to.split(" ")[0]}`;
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}
