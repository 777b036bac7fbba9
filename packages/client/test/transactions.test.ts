/**
 * A client of transactions against coordinators and participants whose answers the test says.
 */
import { addressOf, commit, limits, nodeOf, roleOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { Cancelled, CommandRefused, Overloaded, TransactionClient, TransactionExpired } from "../src/index.ts";
import { answerTo, failureOf, holdTime } from "./guest-time.ts";
import { scriptedNodes, type ScriptedOptions } from "./scripted-nodes.ts";

holdTime();

type Message = commit.TransactionMessage;
type Node = (asked: Message, times: number) => Message | undefined;

/** Nodes 1 to 3 that all answer so. Each is told how often it has been asked for this. */
function transactionsOf(answer: Node, anyCoordinator = true): { client: TransactionClient; asked: string[] } {
  const asked: string[] = [];
  const cluster: ScriptedOptions<Message> = {
    layout: commit.twoPhase.layout,
    addresses: [1, 2, 3].flatMap((node) => [addressOf("coordinator", node), addressOf("participant", node)]),
    take(to, message, reply) {
      const said = `${message.kind} at ${roleOf(to)} ${nodeOf(to)}`;
      asked.push(said);
      const answered = answer(message, asked.filter((each) => each.startsWith(`${message.kind} `)).length);
      if (answered !== undefined) reply(answered);
    },
  };
  const { guest } = scriptedNodes(
    cluster,
    (place) => new TransactionClient({ nodes: 3, coordinator: "coordinator", anyCoordinator, ...place }),
  );
  return { client: guest, asked };
}

/** All goes well; coordinators number transactions as client and test agree. */
const obeys: Node = (message) => {
  switch (message.kind) {
    case "Begin":
      return { kind: "Begun", sequence: message.sequence, transaction: 4 };
    case "Put":
      return { kind: "PutReply", transaction: message.transaction, sequence: message.sequence, held: true };
    case "Commit":
      return { kind: "Decision", transaction: message.transaction, committed: true };
    case "Get":
      return { kind: "GetReply", sequence: message.sequence, busy: false, found: true, value: message.key };
    default:
      return undefined;
  }
};

const firstIsSilent =
  (kind: Message["kind"]): Node =>
  (message, times) =>
    message.kind === kind && times === 1 ? undefined : obeys(message, times);

test("a coordinator that does not answer is followed by the next one", async () => {
  const { client, asked } = transactionsOf(firstIsSilent("Begin"));
  using _ = client;
  expect(await answerTo(client.begin())).toBe(4);
  expect(asked).toEqual(["Begin at coordinator 2", "Begin at coordinator 3"]);
});

test.each([
  ["any coordinator can", true, 2],
  ["only its own can", false, 1],
])("a commit that is not answered is asked of who may know, where %s finish it", async (_name, any, second) => {
  const { client, asked } = transactionsOf(firstIsSilent("Commit"), any);
  using _ = client;
  const transaction = await answerTo(client.begin());
  await answerTo(client.put(transaction, "city", "Vienna"));
  expect(await answerTo(client.commit(transaction))).toBe(true);
  const owner = commit.ownerOf(Buffer.from("city"), 3);
  expect(asked.slice(2)).toEqual([
    "Commit at coordinator 1",
    `Commit at coordinator ${second}`,
    `Inquire at participant ${owner}`,
  ]);
});

test("a key that a transaction under way writes is read again soon, from the one that has it", async () => {
  const { client, asked } = transactionsOf((message, times) =>
    message.kind === "Get" && times < 3
      ? { kind: "GetReply", sequence: message.sequence, busy: true, found: false, value: new Uint8Array(0) }
      : obeys(message, times),
  );
  using _ = client;
  expect(await answerTo(client.get("city"))).toBe("city");
  expect(new Set(asked).size).toBe(1);
  expect(asked).toHaveLength(3);
});

test("a transaction that is being committed is not committed twice at once, but may be again", async () => {
  const { client } = transactionsOf((message, times) =>
    message.kind === "Commit" && times < 3 ? undefined : obeys(message, times),
  );
  using _ = client;
  const transaction = await answerTo(client.begin());
  await answerTo(client.put(transaction, "city", "Vienna"));
  const controller = new AbortController();
  const first = client.commit(transaction, { signal: controller.signal });
  expect(await failureOf(client.commit(transaction))).toEqual(
    new CommandRefused({ message: `commit ${transaction}: it is under way already` }),
  );
  controller.abort("why");
  expect(await failureOf(first)).toEqual(new Cancelled({ reason: "why" }));
  expect(await answerTo(client.commit(transaction))).toBe(true);
});

test("a coordinator that has as many transactions as it may says so", async () => {
  const { client } = transactionsOf((message, times) =>
    message.kind === "Commit" ? { kind: "Overloaded", transaction: message.transaction } : obeys(message, times),
  );
  using _ = client;
  const transaction = await answerTo(client.begin());
  await answerTo(client.put(transaction, "city", "Vienna"));
  expect(await failureOf(client.commit(transaction))).toBeInstanceOf(Overloaded);
});

test.each(["Commit", "Put"])(
  "a transaction that is too old is told so at its %s, and its locks are let go",
  async (kind) => {
    const { client, asked } = transactionsOf((message, times) =>
      message.kind === kind ? { kind: "Closed", transaction: 4 } : obeys(message, times),
    );
    using _ = client;
    const transaction = await answerTo(client.begin());
    const put = client.put(transaction, "city", "Vienna");
    const failure = await failureOf(kind === "Put" ? put : answerTo(put).then(() => client.commit(transaction)));
    expect(failure).toEqual(new TransactionExpired({ transaction }));
    expect(asked.at(-1)).toBe(`Abort at participant ${commit.ownerOf(Buffer.from("city"), 3)}`);
    expect(await failureOf(client.commit(transaction))).toBeInstanceOf(CommandRefused);
  },
);

test("so many transactions may be open here and no more, those that begin among them", async () => {
  let last = 0;
  const { client } = transactionsOf((message, times) =>
    message.kind === "Begin"
      ? { kind: "Begun", sequence: message.sequence, transaction: (last += 1) }
      : obeys(message, times),
  );
  using _ = client;
  const begun = Array.from({ length: limits.transactions }, () => client.begin());
  expect(await failureOf(client.begin())).toBeInstanceOf(Overloaded);
  const [first = 0] = await answerTo(Promise.all(begun));
  expect(await failureOf(client.begin())).toBeInstanceOf(Overloaded);
  await client.abort(first);
  await answerTo(client.begin());
});
