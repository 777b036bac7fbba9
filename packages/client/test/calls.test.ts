/**
 * Calls by themselves: the test is the clock, and the nodes that they are asked of.
 */
import { limits } from "@synod/protocol";
import { expect, test } from "vitest";
import type { CallOptions } from "../src/admission.ts";
import { Calls, type CallsOptions } from "../src/calls.ts";
import { Cancelled, ChangeRefused, Closed, Overloaded, Timeout } from "../src/index.ts";
import { nodeAfter } from "../src/target.ts";
import { countedSignal } from "./counted-signal.ts";

/** What answers a call, by its name. */
interface Reply {
  readonly to: string;
  readonly text: string;
}

/** The node that is asked. */
interface Asked {
  node: number;
}

type Options = CallsOptions<Reply, Asked, string>;

/** A client of nodes 1 to 3: whoever does not answer is followed by the next one, and "busy" is asked again. */
class Client {
  readonly calls: Calls<Reply, Asked, string>;
  /** Who was asked what, until now. */
  readonly asked: string[] = [];
  #now = 1000;
  ticking = false;

  constructor(options: Partial<Options> = {}) {
    const calls: Calls<Reply, Asked, string> = new Calls({
      now: () => this.#now,
      ticking: (needed) => (this.ticking = needed),
      ask: ({ name, asked }, inVain) => {
        if (inVain) asked.node = nodeAfter([1, 2, 3], asked.node);
        this.asked.push(`${name} at ${asked.node}`);
      },
      take({ to, text }) {
        for (const call of calls.named(to)) {
          if (text === "busy") calls.askAfter(call, 20);
          else calls.answer(call, text);
        }
      },
      ...options,
    });
    this.calls = calls;
  }

  call(name: string, options?: CallOptions): Promise<unknown> {
    return this.calls.call(name, { node: 1 }, options).catch((failure: unknown) => failure);
  }

  answer(to: string, text: string): void {
    this.calls.post(0, { to, text });
  }

  /** Time passes, with a tick at its end; who is asked then. */
  wait(ms: number): readonly string[] {
    const before = this.asked.length;
    this.#now += ms;
    this.calls.tick();
    return this.asked.slice(before);
  }
}

function started(options: Partial<Options> = {}): Client {
  const client = new Client(options);
  client.calls.start();
  return client;
}

test("what is called before there are paths is asked when there are, of whom it would have been", () => {
  const client = new Client();
  void client.call("a");
  void client.call("b");
  expect(client.wait(300)).toEqual([]);
  client.calls.start();
  expect(client.asked).toEqual(["a at 1", "b at 1"]);
});

test("an answer is given to each call that waits for it, and to no other", async () => {
  const client = started();
  const same = [client.call("a"), client.call("a")];
  const other = client.call("b");
  client.answer("a", "yes");
  expect(await Promise.all(same)).toEqual(["yes", "yes"]);
  expect(client.calls.size).toBe(1);
  client.answer("b", "no");
  expect(await other).toBe("no");
});

test("ticks are needed as long as anything waits", async () => {
  const client = started();
  const calls = [client.call("a"), client.call("b")];
  expect(client.ticking).toBe(true);
  client.answer("a", "yes");
  expect(client.ticking).toBe(true);
  client.answer("b", "yes");
  expect(client.ticking).toBe(false);
  await Promise.all(calls);
});

test("whoever does not answer in a quarter of a second is not asked next time", () => {
  const client = started();
  void client.call("a");
  expect(client.asked).toEqual(["a at 1"]);
  expect(client.wait(249)).toEqual([]);
  expect(client.wait(1)).toEqual(["a at 2"]);
  expect(client.wait(250)).toEqual(["a at 3"]);
  expect(client.wait(250)).toEqual(["a at 1"]);
});

test("whoever answers that it cannot yet is asked again soon, and after silence another one", () => {
  const client = started();
  void client.call("a");
  expect(client.asked).toEqual(["a at 1"]);
  client.answer("a", "busy");
  expect(client.wait(19)).toEqual([]);
  expect(client.wait(1)).toEqual(["a at 1"]);
  expect(client.wait(250)).toEqual(["a at 2"]);
});

test("a client may ask again at once, and then waits as long as the first time", () => {
  const client = started();
  void client.call("a");
  client.wait(200);
  for (const call of client.calls.underWay) client.calls.ask(call);
  expect(client.asked).toEqual(["a at 1", "a at 1"]);
  expect(client.wait(249)).toEqual([]);
  expect(client.wait(1)).toEqual(["a at 2"]);
});

test("a call fails at its deadline, the others go on", async () => {
  const client = started();
  const short = client.call("a", { deadlineMs: 100 });
  void client.call("b");
  client.wait(99);
  expect(client.calls.size).toBe(2);
  client.wait(1);
  expect(await short).toEqual(new Timeout({ afterMs: 100 }));
  expect(client.calls.size).toBe(1);
});

test("the deadline is 5 s unless told, and the time before there are paths counts", async () => {
  const client = new Client();
  const call = client.call("a");
  client.wait(4999);
  expect(client.calls.size).toBe(1);
  client.wait(1);
  expect(await call).toEqual(new Timeout({ afterMs: 5000 }));
  expect(client.asked).toEqual([]);
});

test("a client may know better why a call is given up", async () => {
  const givenUp = ({ node }: Asked, afterMs: number): Error =>
    new ChangeRefused({ reason: `${node} did not answer in ${afterMs} ms` });
  const client = started({ givenUp });
  const call = client.call("a", { deadlineMs: 300 });
  client.wait(250);
  client.wait(50);
  expect(await call).toEqual(new ChangeRefused({ reason: "2 did not answer in 300 ms" }));
});

test.each([Number.NaN, -1])("a deadline of %d ms is refused", async (deadlineMs) => {
  const client = started();
  expect(await client.call("a", { deadlineMs })).toBeInstanceOf(RangeError);
  expect([client.calls.size, client.ticking, client.asked]).toEqual([0, false, []]);
});

test("an answer that comes late is nobody's", async () => {
  const client = started();
  const late = client.call("a", { deadlineMs: 100 });
  client.wait(100);
  client.answer("a", "yes");
  expect(await late).toBeInstanceOf(Timeout);
  client.answer("b", "yes");
  const twice = client.call("c");
  client.answer("c", "first");
  client.answer("c", "second");
  expect(await twice).toBe("first");
  expect(client.wait(1000)).toEqual([]);
});

test("a signal that has fired before the call asks nobody", async () => {
  const client = started();
  expect(await client.call("a", { signal: AbortSignal.abort("why") })).toEqual(new Cancelled({ reason: "why" }));
  expect([client.calls.size, client.ticking, client.asked]).toEqual([0, false, []]);
});

test("a signal that fires gives up its call alone, which is asked no more", async () => {
  const client = started();
  const controller = new AbortController();
  const call = client.call("a", { signal: controller.signal });
  void client.call("a");
  void client.call("b");
  expect(client.asked).toEqual(["a at 1", "a at 1", "b at 1"]);
  controller.abort("why");
  expect(await call).toEqual(new Cancelled({ reason: "why" }));
  expect(client.calls.named("a")).toHaveLength(1);
  expect(client.wait(250)).toEqual(["a at 2", "b at 2"]);
});

test("a signal is listened to as long as its call waits", async () => {
  const client = started();
  const { signal, listeners } = countedSignal();
  const calls = [
    client.call("a", { signal }),
    client.call("b", { signal, deadlineMs: 100 }),
    client.call("c", { signal }),
  ];
  expect(listeners()).toBe(3);
  client.answer("a", "yes");
  expect(listeners()).toBe(2);
  client.wait(100);
  expect(listeners()).toBe(1);
  client.calls.close();
  expect(listeners()).toBe(0);
  await Promise.all(calls);
});

test("a client that closes fails what waits, asked or not, and takes no more", async () => {
  const client = started({ mostUnderWay: 1 });
  const calls = [client.call("a"), client.call("b")];
  client.calls.close();
  expect(await Promise.all(calls)).toEqual([new Closed(), new Closed()]);
  expect(await client.call("c")).toEqual(new Closed());
  expect([client.calls.size, client.ticking, client.asked]).toEqual([0, false, ["a at 1"]]);
});

test("so many may wait and no more; the others go on, and then there is room again", async () => {
  const client = started();
  const calls = Array.from({ length: limits.clientCommands }, (_, index) => client.call(`${index}`));
  const refused = await client.call("one too many");
  expect(refused).toBeInstanceOf(Overloaded);
  expect(refused).toMatchObject({ mayTakeEffect: false });
  client.answer("7", "yes");
  expect(await calls[7]).toBe("yes");
  void client.call("room again");
  expect(client.asked.at(-1)).toBe("room again at 1");
});

test("so many are under way and no more, in the order called", () => {
  const client = started({ mostUnderWay: 2 });
  for (const name of ["a", "b", "c", "d"]) void client.call(name);
  expect(client.asked).toEqual(["a at 1", "b at 1"]);
  client.answer("b", "yes");
  expect(client.asked).toEqual(["a at 1", "b at 1", "c at 1"]);
  expect(client.wait(250)).toEqual(["a at 2", "c at 2"]);
});

test("a call that is cancelled makes room for the next one", () => {
  const client = started({ mostUnderWay: 1 });
  const controller = new AbortController();
  void client.call("a", { signal: controller.signal });
  void client.call("b");
  expect(client.asked).toEqual(["a at 1"]);
  controller.abort();
  expect(client.asked).toEqual(["a at 1", "b at 1"]);
});

test("a call that is given up at its deadline makes room for the next one that is not", () => {
  const client = started({ mostUnderWay: 1 });
  for (const name of ["a", "b"]) void client.call(name, { deadlineMs: 100 });
  void client.call("c");
  expect(client.wait(100)).toEqual(["c at 1"]);
  expect(client.calls.size).toBe(1);
});
