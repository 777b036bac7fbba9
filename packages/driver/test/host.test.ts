import { addressOf, limits, multi, nodeOf, type Address } from "@synod/protocol";
import { MemoryNetwork } from "@synod/transports/memory";
import { FrameWriter, newCodec } from "@synod/wire";
import { beforeEach, expect, test } from "vitest";
import { Host, type Resident } from "../src/index.ts";

const codec = newCodec<multi.Message>(multi.layout);
const here = addressOf("acceptor", 1);
const beside = addressOf("learner", 1);
const there = addressOf("proposer", 2);
const far = addressOf("proposer", 3);
const group = 3;

/** A resident that notes what it gets, and answers as it is told. */
class Recorder implements Resident<multi.Message> {
  readonly got: { readonly from: Address; readonly message: multi.Message }[] = [];
  onTurn: (messages: readonly multi.Message[]) => void = () => undefined;
  ticks = 0;
  turns = 0;
  #inbox: multi.Message[] = [];

  post(from: Address, message: multi.Message): void {
    this.got.push({ from, message });
    this.#inbox.push(message);
  }

  get busy(): boolean {
    return this.#inbox.length > 0;
  }

  turn(): void {
    this.turns += 1;
    const inbox = this.#inbox;
    this.#inbox = [];
    this.onTurn(inbox);
  }

  tick(): void {
    this.ticks += 1;
  }
}

/** Everything that waits to be done: deliveries and turns, in order. */
let jobs: (() => void)[] = [];
let network: MemoryNetwork;
let arrived: Uint8Array[] = [];

beforeEach(() => {
  jobs = [];
  arrived = [];
  network = new MemoryNetwork({ later: (job) => jobs.push(job) });
});

function run(): void {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) job();
}

/** A host at endpoint 1: each node is an endpoint. What it sends to 2 is kept in `arrived`. */
function newHost(checksum = true): Host<multi.Message> {
  network.endpoint(2).receive((frame) => arrived.push(frame));
  return new Host<multi.Message>({
    transport: network.endpoint(1),
    codec,
    group,
    checksum,
    route: nodeOf,
    later: (turn) => jobs.push(turn),
  });
}

function frameOf(to: Address, message: multi.Message, options = { group, checksum: true }): Uint8Array<ArrayBuffer> {
  const writer = new FrameWriter(codec, options);
  writer.add(far, to, message);
  return writer.take();
}

const probe = (round: number): multi.Message => ({ kind: "Probe", round });

test("messages for one endpoint travel in one frame per turn", () => {
  const host = newHost();
  for (const round of [1, 2, 3]) host.send(here, there, probe(round));
  expect(arrived).toHaveLength(0);
  run();
  expect(arrived).toHaveLength(1);
  host.send(here, there, probe(4));
  run();
  expect(arrived).toHaveLength(2);
});

test("an arriving message goes to the resident that it names, and a turn follows", () => {
  const host = newHost();
  const resident = new Recorder();
  host.attach(here, resident);
  network.endpoint(3).send(1, frameOf(here, probe(7)));
  run();
  expect(resident.got).toEqual([{ from: far, message: probe(7) }]);
  expect(resident.turns).toBe(1);
});

test("a message for nobody here is counted and forgotten", () => {
  const host = newHost();
  const resident = new Recorder();
  host.attach(here, resident);
  host.detach(here);
  network.endpoint(3).send(1, frameOf(here, probe(7)));
  run();
  expect(resident.got).toEqual([]);
  expect(host.counters).toEqual({ frames: 1, refusedFrames: 0, strayMessages: 1, sentMessages: 0 });
});

test.each([
  ["damaged", () => Uint8Array.from(frameOf(here, probe(7)), (byte, at) => (at === 40 ? byte ^ 1 : byte))],
  ["of another group", () => frameOf(here, probe(7), { group: group + 1, checksum: true })],
  ["without a checksum", () => frameOf(here, probe(7), { group, checksum: false })],
  ["of no sense", () => new Uint8Array([1, 2, 3])],
])("a frame %s is refused, and the host goes on", (_name, bad) => {
  const host = newHost();
  const resident = new Recorder();
  host.attach(here, resident);
  const peer = network.endpoint(3);
  peer.send(1, bad());
  peer.send(1, frameOf(here, probe(8)));
  run();
  expect(host.counters).toEqual({ frames: 2, refusedFrames: 1, strayMessages: 0, sentMessages: 0 });
  expect(resident.got).toEqual([{ from: far, message: probe(8) }]);
});

test("whoever says that it is another is not believed, whatever else its frame holds", () => {
  const host = newHost();
  const resident = new Recorder();
  host.attach(here, resident);
  const lie = new FrameWriter(codec, { group, checksum: true });
  lie.add(far, here, probe(1));
  lie.add(there, here, probe(2));
  const liar = network.endpoint(3);
  liar.send(1, lie.take());
  liar.send(1, frameOf(here, probe(3)));
  // Nor is one that names an address of this very host.
  const own = new FrameWriter(codec, { group, checksum: true });
  own.add(beside, here, probe(4));
  liar.send(1, own.take());
  run();
  expect(resident.got).toEqual([{ from: far, message: probe(3) }]);
  expect(host.counters).toMatchObject({ frames: 3, refusedFrames: 2 });
});

test("a full frame leaves, and the message that did not fit begins the next one", () => {
  const host = newHost(false);
  const value = new Uint8Array(limits.valueBytes);
  const perFrame = Math.floor(limits.frameBytes / (limits.valueBytes + 64));
  for (let slot = 1; slot <= perFrame + 1; slot++) {
    host.send(here, there, { kind: "Accept", ballot: 1, slot, commitPoint: 0, value });
  }
  run();
  expect(arrived).toHaveLength(2);
  expect((arrived[0]?.length ?? 0) + (arrived[1]?.length ?? 0)).toBeGreaterThan((perFrame + 1) * limits.valueBytes);
});

test("residents of one host answer each other within a turn, without a frame", () => {
  const host = newHost();
  const one = new Recorder();
  const other = new Recorder();
  host.attach(here, one);
  host.attach(beside, other);
  one.onTurn = () => host.send(here, beside, probe(2));
  other.onTurn = () => host.send(beside, there, probe(3));
  host.send(there, here, probe(1));
  jobs.shift()?.();
  expect(other.got).toEqual([{ from: here, message: probe(2) }]);
  run();
  expect(arrived).toHaveLength(1);
});

test("residents that answer each other without end do not keep others waiting", () => {
  const host = newHost();
  const one = new Recorder();
  const other = new Recorder();
  host.attach(here, one);
  host.attach(beside, other);
  one.onTurn = () => {
    host.send(here, beside, probe(1));
    host.send(here, there, probe(1));
  };
  other.onTurn = () => host.send(beside, here, probe(1));
  host.send(there, here, probe(1));
  jobs.shift()?.();
  // The turn has ended, what it sent is on its way, and another turn is asked for.
  expect(jobs).toHaveLength(2);
});

test("a tick reaches every resident, and what it sends leaves", () => {
  const host = newHost();
  const resident = new Recorder();
  resident.tick = () => host.send(here, there, probe(1));
  host.attach(here, resident);
  host.tick();
  run();
  expect(arrived).toHaveLength(1);
});

test("a resident that is woken takes its turn", () => {
  const host = newHost();
  const resident = new Recorder();
  host.attach(here, resident);
  resident.post(there, probe(1));
  host.wake();
  run();
  expect(resident.turns).toBe(1);
});
