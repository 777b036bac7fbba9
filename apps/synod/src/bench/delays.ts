/**
 * Message delays, as a scenario of the protocol shows them when nothing goes wrong.
 */
import { costOf, scenarios } from "@synod/simulator";

/** From asking to the answer, in message delays; 0 when the protocol has no such scenario. */
export function delaysOf(protocol: string): number {
  const named = (name: string) => scenarios.find((each) => each.protocol === protocol && each.name === name);
  const scenario = named("steady-state") ?? named("no-failure");
  if (scenario === undefined) return 0;
  const [answers = []] = Object.values(costOf(scenario.run().messages).answeredAfter);
  return answers[0] ?? 0;
}
