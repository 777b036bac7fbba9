import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { Closed, KeyValueClient, Timeout } from "../src/index.ts";
import { connectToOneNode } from "./one-node.ts";

afterEach(() => vi.restoreAllMocks());

test("every operation of the key-value store, over a message port", async () => {
  using client = new KeyValueClient(connectToOneNode().connection);
  expect(await client.get("ключ")).toBeUndefined();
  await client.put("ключ", "значение");
  expect(await client.get("ключ")).toBe("значение");
  expect(await client.append("ключ", "!")).toBe(17);
  expect(await client.cas("ключ", "другое", "x")).toBe(false);
  expect(await client.cas("ключ", "значение!", "x")).toBe(true);
  expect(await client.cas("new", undefined, "y")).toBe(true);
  expect(await client.delete("ключ")).toBe(true);
  expect(await client.delete("ключ")).toBe(false);
});

test("without anything outstanding there is no timer", async () => {
  const started = vi.spyOn(globalThis, "setInterval");
  const ended = vi.spyOn(globalThis, "clearInterval");
  const running = (): number =>
    started.mock.results.filter(({ value }) => !ended.mock.calls.some(([timer]) => timer === value)).length;
  using client = new KeyValueClient(connectToOneNode().connection);
  expect(running()).toBe(0);
  const put = client.put("a", "1");
  expect(running()).toBe(1);
  await put;
  expect(running()).toBe(0);
  await expect(client.put("k".repeat(2000), "v")).rejects.toThrow("keyBytes");
  expect(running()).toBe(0);
  const unanswered = client.put("b", "2");
  client.close();
  await expect(unanswered).rejects.toBeInstanceOf(Closed);
  expect(running()).toBe(0);
});

test("without an answer the ticks of the connection end a call at its deadline", async () => {
  const { connection, closeNode } = connectToOneNode();
  closeNode();
  using client = new KeyValueClient(connection);
  await expect(client.put("a", "1", { deadlineMs: 30 })).rejects.toBeInstanceOf(Timeout);
});

test("a client can be closed twice", () => {
  const client = new KeyValueClient(connectToOneNode().connection);
  client.close();
  expect(() => client.close()).not.toThrow();
});

test("a process ends by itself once its client is closed", async () => {
  const script = new URL("./exits.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@synod/source", script], {
    timeout: 20_000,
  });
  expect(stdout).toContain("the client is closed");
});
