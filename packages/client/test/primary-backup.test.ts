/**
 * A client of primary-backup against a view server and servers whose answers the test says.
 */
import { addressOf, commit, nodeOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { Cancelled, PrimaryClient } from "../src/index.ts";
import { answerTo, failureOf, holdTime } from "./guest-time.ts";
import { scriptedNodes, type ScriptedOptions } from "./scripted-nodes.ts";

holdTime();

type Message = commit.primaryBackup.Message;
type Server = (asked: Message, times: number) => Message | undefined;

const viewServer = addressOf("view-server", commit.primaryBackup.viewServerNode);
const keyOf = (asked: Message): string => ("key" in asked ? Buffer.from(asked.key).toString() : "");

/** A view server that names `primaries` one after the other, the last one for good, and servers 1 and 2. */
function valuesOf(
  primaries: readonly number[],
  ...servers: readonly Server[]
): { values: PrimaryClient; asked: string[] } {
  const asked: string[] = [];
  let views = 0;
  const cluster: ScriptedOptions<Message> = {
    layout: commit.primaryBackup.layout,
    addresses: [viewServer, addressOf("server", 1), addressOf("server", 2)],
    take(to, message, answer) {
      if (to === viewServer) {
        asked.push("view");
        const primary = primaries[Math.min(views, primaries.length - 1)] ?? 0;
        views += 1;
        return answer({ kind: "View", view: views, primary, backup: 0 });
      }
      const said = `${keyOf(message)} at ${nodeOf(to)}`;
      asked.push(said);
      const reply = servers[nodeOf(to) - 1]?.(message, asked.filter((each) => each === said).length);
      if (reply !== undefined) answer(reply);
    },
  };
  const { guest } = scriptedNodes(cluster, (place) => new PrimaryClient(place));
  return { values: guest, asked };
}

const silent: Server = () => undefined;
const obeys: Server = (asked) => {
  if (asked.kind === "Put") return { kind: "PutReply", sequence: asked.sequence, view: 1 };
  if (asked.kind !== "Get") return undefined;
  return { kind: "GetReply", sequence: asked.sequence, view: 1, found: true, value: asked.key };
};
const isNoPrimary: Server = (asked) =>
  asked.kind === "Put" ? { kind: "NotPrimary", sequence: asked.sequence } : undefined;

test("the view server is asked once, and one request is under way at a time, in the order called", async () => {
  const { values, asked } = valuesOf([2], silent, obeys);
  using _ = values;
  expect(await answerTo(Promise.all([values.put("a", "1"), values.get("b"), values.delete("c")]))).toEqual([
    undefined,
    "b",
    undefined,
  ]);
  expect(asked).toEqual(["view", "a at 2", "b at 2", "c at 2"]);
});

test("when a server is silent, or no primary, or there is none, the view server is asked again", async () => {
  const { values, asked } = valuesOf(
    [1, 0, 2],
    (message, times) => (times === 1 ? isNoPrimary(message, times) : undefined),
    (message, times) => (times === 1 ? undefined : obeys(message, times)),
  );
  using _ = values;
  await answerTo(values.put("a", "1"));
  expect(asked).toEqual(["view", "a at 1", "view", "view", "a at 2", "view", "a at 2"]);
});

test("a request that is cancelled makes room for the next one", async () => {
  const { values } = valuesOf([1], (message, times) => (keyOf(message) === "a" ? undefined : obeys(message, times)));
  using _ = values;
  const controller = new AbortController();
  const first = values.put("a", "1", { signal: controller.signal });
  const second = values.get("b");
  controller.abort("why");
  expect(await failureOf(first)).toEqual(new Cancelled({ reason: "why" }));
  expect(await answerTo(second)).toBe("b");
});
