/**
 * An administrator against proposers whose answers the test says.
 */
import { addressOf, changeRefusals, multi, nodeOf, type Reconfigure } from "@synod/protocol";
import { expect, test } from "vitest";
import { AdministratorClient, Cancelled, ChangeRefused, Closed, NoQuorum, Timeout } from "../src/index.ts";
import { answerTo, failureOf, holdTime } from "./guest-time.ts";
import { scriptedNodes, type ScriptedOptions } from "./scripted-nodes.ts";

holdTime();

type Answer = (asked: Reconfigure, times: number) => multi.Message | undefined;

const busy = changeRefusals.indexOf("another change is under way");
const tooFew = changeRefusals.indexOf("too few of the new members answer");
const add4 = { add: 4, remove: 0 };

/** Proposers 1, 2, ... behind one port. Each is told how often it has been asked. */
function administratorOf(...answers: readonly Answer[]): { administrator: AdministratorClient; asked: number[] } {
  const asked: number[] = [];
  const nodes = answers.map((_, index) => index + 1);
  const proposers: ScriptedOptions<multi.Message> = {
    layout: multi.layout,
    addresses: nodes.map((node) => addressOf("proposer", node)),
    take(to, message, reply) {
      if (message.kind !== "Reconfigure") return;
      const own = nodeOf(to);
      asked.push(own);
      const said = answers[own - 1]?.(message, asked.filter((node) => node === own).length);
      if (said !== undefined) reply(said);
    },
  };
  const { guest } = scriptedNodes(proposers, (place) => new AdministratorClient({ nodes: () => nodes, ...place }));
  return { administrator: guest, asked };
}

const silent: Answer = () => undefined;
const made: Answer = ({ sequence }) => ({ kind: "Reconfigured", sequence, number: 1, from: 65 });
const redirects =
  (leader: number): Answer =>
  ({ sequence }) => ({ kind: "Redirect", sequence, leader });
const refuses =
  (reason: number, reachable = 0, needed = 0): Answer =>
  ({ sequence }) => ({ kind: "ChangeRefused", sequence, reason, reachable, needed });

test("it follows a redirect, and waits for another change to pass", async () => {
  const { administrator, asked } = administratorOf(redirects(3), silent, (message, times) =>
    times < 3 ? refuses(busy)(message, times) : made(message, times),
  );
  using _ = administrator;
  expect(await answerTo(administrator.change(add4))).toEqual({ number: 1, fromSlot: 65 });
  expect(asked).toEqual([1, 3, 3, 3]);
});

test("who is silent, or sends it to nobody, or to one that there is not, is not asked next time", async () => {
  const { administrator, asked } = administratorOf(silent, redirects(0), redirects(9), made);
  using _ = administrator;
  await answerTo(administrator.change(add4));
  expect(asked).toEqual([1, 2, 3, 4]);
});

test("a leader that was busy and falls silent is not waited for", async () => {
  const { administrator, asked } = administratorOf(
    (message, times) => (times === 1 ? refuses(busy)(message, times) : undefined),
    made,
  );
  using _ = administrator;
  await answerTo(administrator.change(add4));
  expect(asked).toEqual([1, 1, 2]);
});

test("a refusal is final, and says why", async () => {
  const { administrator, asked } = administratorOf(refuses(tooFew, 1, 2));
  using _ = administrator;
  const failure = await failureOf(administrator.change(add4));
  expect(failure).toBeInstanceOf(ChangeRefused);
  expect(failure).toMatchObject({
    message: "refused: too few of the new members answer: 1 of the 2 that it takes",
  });
  expect(asked).toEqual([1]);
});

test("an answer to an earlier request is none to this one", async () => {
  const { administrator } = administratorOf((message, times) =>
    times === 1 ? made({ ...message, sequence: message.sequence - 1 }, 1) : refuses(tooFew)(message, times),
  );
  using _ = administrator;
  expect(await failureOf(administrator.change(add4))).toBeInstanceOf(ChangeRefused);
});

test.each<[name: string, answer: Answer, expected: new (...parts: never[]) => Error]>([
  ["nobody answers", silent, Timeout],
  ["there is no quorum", ({ sequence }) => ({ kind: "NoQuorum", sequence, reachable: 1, needed: 2 }), NoQuorum],
  ["another change does not pass", refuses(busy), ChangeRefused],
])("at the deadline, when %s", async (_name, answer, expected) => {
  const { administrator } = administratorOf(answer);
  using _ = administrator;
  expect(await failureOf(administrator.change(add4, { deadlineMs: 200 }))).toBeInstanceOf(expected);
});

test("one change at a time, and none once it is closed", async () => {
  const { administrator } = administratorOf(silent);
  const first = administrator.change(add4);
  expect(await failureOf(administrator.change(add4))).toBeInstanceOf(ChangeRefused);
  administrator.close();
  expect(await failureOf(first)).toBeInstanceOf(Closed);
  expect(await failureOf(administrator.change(add4))).toBeInstanceOf(Closed);
});

test("a change that is cancelled is asked for no more, and another one may be", async () => {
  const { administrator, asked } = administratorOf((message) => (message.add === 4 ? undefined : made(message, 1)));
  using _ = administrator;
  const controller = new AbortController();
  const first = administrator.change(add4, { signal: controller.signal });
  controller.abort("why");
  expect(await failureOf(first)).toEqual(new Cancelled({ reason: "why" }));
  expect(await answerTo(administrator.change({ add: 5, remove: 0 }))).toEqual({ number: 1, fromSlot: 65 });
  expect(asked).toEqual([1, 1]);
});
