/**
 * A client of decrees against nodes whose answers the test says.
 */
import { addressOf, basic, limits, nodeOf, roleOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { Closed, DecreeClient, LimitError, Overloaded } from "../src/index.ts";
import { answerTo, failureOf, holdTime } from "./guest-time.ts";
import { scriptedNodes, type ScriptedOptions } from "./scripted-nodes.ts";

holdTime();

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Nodes 1 to 3, of which `silent` never answer; a name that is chosen is told by the learner, the first value wins. */
function decreesOf(silent: readonly number[], full = false): { decrees: DecreeClient; asked: string[] } {
  const asked: string[] = [];
  const chosen = new Map<string, Uint8Array>();
  const nodes = [1, 2, 3];
  const cluster: ScriptedOptions<basic.NamedMessage> = {
    layout: basic.namedLayout,
    addresses: nodes.flatMap((node) => [addressOf("proposer", node), addressOf("learner", node)]),
    take(to, message, answer) {
      const name = text(message.name);
      if (roleOf(to) === "proposer") asked.push(`${name} at ${nodeOf(to)}`);
      if (silent.includes(nodeOf(to))) return;
      if (message.kind === "Request") {
        if (full) answer({ kind: "Full", name: message.name });
        else if (!chosen.has(name)) chosen.set(name, message.value);
      }
      const value = chosen.get(name);
      if (message.kind === "Inquire" && value !== undefined) answer({ kind: "Response", name: message.name, value });
    },
  };
  const { guest } = scriptedNodes(cluster, (place) => new DecreeClient({ nodes, ...place }));
  return { decrees: guest, asked };
}

test("who proposes second is told the value that is chosen, and so is who waits beside it", async () => {
  const { decrees } = decreesOf([]);
  using _ = decrees;
  expect(await answerTo(Promise.all([decrees.propose("город", "Вена"), decrees.propose("город", "Линц")]))).toEqual([
    "Вена",
    "Вена",
  ]);
  expect(await answerTo(decrees.propose("город", "Грац"))).toBe("Вена");
});

test("a node that does not answer is followed by the next one, which is asked first from then on", async () => {
  const { decrees, asked } = decreesOf([1]);
  using _ = decrees;
  await answerTo(decrees.propose("a", "1"));
  await answerTo(decrees.propose("b", "2"));
  expect(asked).toEqual(["a at 1", "a at 2", "b at 2"]);
});

test("nodes that hold as many decrees as they may say so", async () => {
  const { decrees } = decreesOf([], true);
  using _ = decrees;
  const failure = await failureOf(decrees.propose("a", "1"));
  expect(failure).toBeInstanceOf(Overloaded);
  expect(failure).toMatchObject({ mayTakeEffect: true });
});

test("a name or a value that is too large is refused, and a client that is closed proposes nothing", async () => {
  const { decrees, asked } = decreesOf([]);
  expect(await failureOf(decrees.propose("n".repeat(limits.keyBytes + 1), "v"))).toBeInstanceOf(LimitError);
  expect(await failureOf(decrees.propose("n", "v".repeat(limits.storedBytes + 1)))).toBeInstanceOf(LimitError);
  decrees.close();
  expect(await failureOf(decrees.propose("a", "1"))).toBeInstanceOf(Closed);
  expect(asked).toEqual([]);
});
