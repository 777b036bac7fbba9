/**
 * The leader's window and its queue of requests: their bounds, and what comes out in which order.
 */
import { describe, expect, test } from "vitest";
import { limits, majority, membershipOf } from "../../src/index.ts";
import { configurationOf } from "../../src/multi/index.ts";
import { RequestQueue } from "../../src/leader/queue.ts";
import { Window } from "../../src/multi/window.ts";
import { leadingProposer } from "./leading.ts";
import { acceptor, client, flush, sentKind, step, text, value } from "./stage.ts";

const three = membershipOf([1, 2, 3], majority(3));
const origin = (sequence: number) => ({ client: client(1), sequence });

describe("the window", () => {
  test("has room for as many slots as the limit, and again when the first is chosen", () => {
    const window = new Window(limits, 10);
    for (let slot = 11; slot <= 10 + limits.windowSlots; slot++) {
      expect(window.hasRoom).toBe(true);
      expect(window.add(value("a"), [], three)).toBe(slot);
    }
    expect(window.hasRoom).toBe(false);
    // Chosen out of order: the commit point waits for the first.
    for (const node of [1, 2]) window.vote(12, node);
    expect([window.commitPoint, window.hasRoom]).toEqual([10, false]);
    for (const node of [1, 2]) window.vote(11, node);
    expect([window.commitPoint, window.hasRoom, window.size]).toEqual([12, true, limits.windowSlots - 2]);
    expect(window.nextSlot).toBe(11 + limits.windowSlots);
  });

  test("is full when it holds as many bytes as the limit, and has room when they are chosen", () => {
    const window = new Window(limits, 0);
    const large = new Uint8Array(limits.valueBytes);
    const fits = limits.windowBytes / limits.valueBytes;
    for (let count = 0; count < fits; count++) {
      expect(window.hasRoom).toBe(true);
      window.add(large, [], three);
    }
    expect(window.hasRoom).toBe(false);
    for (const node of [1, 2]) window.vote(1, node);
    expect(window.hasRoom).toBe(true);
  });

  test("takes no vote for a slot that it does not hold, and counts an acceptor once", () => {
    const window = new Window(limits, 0);
    window.add(value("a"), [], three);
    for (const slot of [0, 2, 99]) for (const node of [1, 2, 3]) window.vote(slot, node);
    for (let times = 0; times < 3; times++) window.vote(1, 2);
    expect(window.commitPoint).toBe(0);
    window.vote(1, 3);
    expect(window.commitPoint).toBe(1);
  });
});

describe("the queue", () => {
  test("refuses what is over its bytes, and takes more when some has left", () => {
    const queue = new RequestQueue(limits);
    const command = new Uint8Array(limits.valueBytes);
    const fits = limits.queueBytes / limits.valueBytes;
    for (let count = 0; count < fits; count++) expect(queue.add(origin(count), command)).toBe(true);
    expect(queue.add(origin(99), new Uint8Array(1))).toBe(false);
    queue.take();
    expect(queue.add(origin(100), new Uint8Array(1))).toBe(true);
  });

  test("refuses a command larger than a value may be", () => {
    const queue = new RequestQueue(limits);
    expect(queue.add(origin(1), new Uint8Array(limits.valueBytes + 1))).toBe(false);
    expect(queue.isEmpty).toBe(true);
    expect(queue.add(origin(1), new Uint8Array(limits.valueBytes))).toBe(true);
  });

  test("joins commands in order, each with its origin once, into values within the limit", () => {
    const queue = new RequestQueue(limits);
    const sizes = [1, 3, limits.valueBytes, 2, limits.valueBytes - 2, 1, 1, 5];
    for (const [index, size] of sizes.entries())
      expect(queue.add(origin(index), new Uint8Array(size).fill(index))).toBe(true);
    const taken: number[] = [];
    while (!queue.isEmpty) {
      const { value: batch, origins } = queue.take();
      expect(batch.length).toBeLessThanOrEqual(limits.valueBytes);
      const commands = origins.map(({ sequence }) => new Uint8Array(sizes[sequence] ?? 0).fill(sequence));
      expect(Buffer.concat(commands).equals(batch)).toBe(true);
      taken.push(...origins.map(({ sequence }) => sequence));
    }
    expect(taken).toEqual(sizes.map((_, index) => index));
    expect(queue.sizeBytes).toBe(0);
  });

  test("gives back whom to tell when it is cleared, and is empty", () => {
    const queue = new RequestQueue(limits);
    queue.add(origin(1), value("a"));
    queue.add(origin(2), value("b"));
    expect(queue.clear()).toEqual([origin(1), origin(2)]);
    expect([queue.isEmpty, queue.sizeBytes, queue.clear().length]).toEqual([true, 0, 0]);
  });
});

describe("a leader", () => {
  test("refuses what its queue refuses, and proposes the rest as its window gets room", () => {
    const { role } = leadingProposer(configurationOf(3), 1);
    for (let sequence = 1; sequence <= limits.windowSlots; sequence++) {
      step(role, client(1), { kind: "Request", sequence, command: value("a") });
      expect(sentKind(flush(role), "Accept")).toHaveLength(3);
    }
    for (const sequence of [101, 102])
      step(role, client(1), { kind: "Request", sequence, command: value(`${sequence};`) });
    expect(sentKind(flush(role), "Accept")).toEqual([]);
    const large = { kind: "Request", sequence: 9, command: new Uint8Array(limits.valueBytes + 1) } as const;
    expect(sentKind(step(role, client(1), large), "Overloaded")).toEqual([{ kind: "Overloaded", sequence: 9 }]);
    for (const node of [2, 3]) step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot: 1 });
    const [next] = sentKind(flush(role), "Accept");
    expect(next).toMatchObject({ slot: limits.windowSlots + 1, commitPoint: 1 });
    expect(text(next?.value ?? value("?"))).toBe("101;102;");
  });
});
