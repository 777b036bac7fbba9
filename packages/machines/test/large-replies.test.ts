import { addressOf, limits } from "@synod/protocol";
import type { ByteWriter } from "@synod/wire";
import { expect, test } from "vitest";
import { encodeOpen, Replica, ReplyReader, RequestWriter, type StateMachine } from "../src/index.ts";

const client = addressOf("client", 7);

/** Replies with as many bytes as a command says. */
const generous: StateMachine = {
  name: "generous/1",
  apply: (command, reply) => reply.raw(new Uint8Array(command.u32("bytes"))),
  query: () => undefined,
  snapshot: () => [],
  restore: () => undefined,
};

/** What the client is sent for one request: its bytes, and per command the length of its reply or why there is none. */
function replies(commands: readonly ((command: ByteWriter) => void)[]) {
  const requests = new RequestWriter();
  requests.begin({ client, replyTo: 1, session: 1, sequence: 1, acknowledged: 1 });
  for (const command of commands) requests.add(command);
  const replica = new Replica({ machine: generous, node: 1 });
  let sent = new Uint8Array(0);
  replica.apply(1, encodeOpen({ client, replyTo: 1 }, 1), () => undefined);
  replica.apply(2, requests.take(), (_, bytes) => (sent = bytes.slice()));
  const reader = new ReplyReader();
  reader.read(sent);
  const found: (number | string)[] = [];
  reader.visit({
    reply: (_, reply) => found.push(reply.remaining),
    refused: (_, reason) => found.push(reason),
  });
  return { sizeBytes: sent.length, found };
}

test("a reply that fits into no frame is not sent, and the others are", () => {
  const { sizeBytes, found } = replies([
    (command) => command.u32(5),
    (command) => command.u32(limits.frameBytes),
    (command) => command.u32(6),
  ]);
  expect(found).toEqual([5, expect.stringMatching(/^it ran, but its reply of \d+ bytes is too large$/), 6]);
  expect(sizeBytes).toBeLessThan(200);
});

test("whatever a request holds, its replies fit into a frame", () => {
  const empty = (): void => undefined;
  const almostAll = (command: ByteWriter): void => command.u32(limits.answerBytes - 100);
  const most = limits.valueBytes / 4 - 20;
  for (const command of [empty, almostAll]) {
    const { sizeBytes, found } = replies([almostAll, command, ...Array.from({ length: most }, () => empty)]);
    expect(found).toHaveLength(most + 2);
    expect(sizeBytes).toBeLessThan(limits.frameBytes - 1024);
  }
});
