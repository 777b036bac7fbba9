import { addressOf, limits, multi, type Address } from "@synod/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c, DecodeError, FrameWriter, newCodec, readFrame, type ReadFrameOptions } from "@synod/wire";
import { anyMessage, protocols, type AnyMessage } from "./protocols.ts";

type Envelope<Message> = readonly [from: Address, to: Address, message: Message];

const proposer = addressOf("proposer", 1);
const acceptor = addressOf("acceptor", 2);

const codec = newCodec<multi.Message>(multi.layout);
const vote: multi.Message = { kind: "Accepted", ballot: 7, slot: 11 };
const accept: multi.Message = { kind: "Accept", ballot: 7, slot: 12, commitPoint: 10, value: Uint8Array.of(1, 2, 3) };

function frameOf(checksum: boolean, envelopes: readonly Envelope<multi.Message>[], group = 3): Uint8Array<ArrayBuffer> {
  const writer = new FrameWriter(codec, { group, checksum });
  for (const [from, to, message] of envelopes) writer.add(from, to, message);
  return writer.take();
}

/** Opens a frame: its envelopes, or the error that refused it, for which nothing may have been visited. */
function open(frame: Uint8Array, options: ReadFrameOptions): readonly Envelope<multi.Message>[] | DecodeError {
  const visited: Envelope<multi.Message>[] = [];
  try {
    readFrame(codec, frame, options, (from, to, message) => visited.push([from, to, message]));
    return visited;
  } catch (failure) {
    if (!(failure instanceof DecodeError)) throw failure;
    expect(visited).toEqual([]);
    return failure;
  }
}

const plain = frameOf(false, [
  [proposer, acceptor, accept],
  [acceptor, proposer, vote],
]);
const checked = frameOf(true, [
  [proposer, acceptor, accept],
  [acceptor, proposer, vote],
]);

describe.each(protocols)("frames of %s", (_, layout) => {
  const anyCodec = newCodec<AnyMessage>(layout);
  const address = fc.constantFrom(addressOf("client", 2 ** 29 - 1), proposer, acceptor, addressOf("learner", 9));
  const envelopes = fc.array(fc.tuple(address, address, anyMessage(layout)), { maxLength: 8 });

  test("every envelope comes back, in order, from a writer that is used again and again", () => {
    for (const checksum of [true, false]) {
      const writer = new FrameWriter(anyCodec, { group: 2 ** 32 - 1, checksum });
      fc.assert(
        fc.property(envelopes, (sent) => {
          for (const [from, to, message] of sent) expect(writer.add(from, to, message)).toBe(true);
          expect(writer.count).toBe(sent.length);
          const { sizeBytes } = writer;
          const frame = writer.take();
          expect(frame.length).toBe(sizeBytes);
          expect(frame.buffer.byteLength).toBe(sizeBytes);
          const back: Envelope<AnyMessage>[] = [];
          const options = { requireChecksum: checksum, group: 2 ** 32 - 1 };
          readFrame(anyCodec, frame, options, (...envelope) => back.push(envelope));
          expect(back).toEqual(sent);
        }),
      );
    }
  });
});

describe("a writer", () => {
  test("gives a frame of the documented bytes", () => {
    const frame = frameOf(true, [[proposer, acceptor, { kind: "CatchUp", from: 5 }]]);
    const catchUp = multi.layout.findIndex(({ kind }) => kind === "CatchUp");
    const header = [0xd5, 1, 1, 0, 3, 0, 0, 0, 1, 0, 0, 0, 21, 0, 0, 0];
    const body = [proposer, 0, 0, 0, acceptor, 0, 0, 0, 9, 0, 0, 0, catchUp, 5, 0, 0, 0, 0, 0, 0, 0];
    const checksum = crc32c(Uint8Array.from([...header, ...body]));
    const checksumBytes = [0, 8, 16, 24].map((shift) => (checksum >>> shift) & 0xff);
    expect([...frame]).toEqual([...header, ...checksumBytes, ...body]);
  });

  test("refuses what would make the frame too large, and keeps what is in it", () => {
    const value = new Uint8Array(6 * 1024 * 1024);
    const large: multi.Message = { kind: "Request", sequence: 1, command: value };
    const writer = new FrameWriter(codec, { group: 0, checksum: false });
    expect([1, 2, 3].map(() => writer.add(proposer, acceptor, large))).toEqual([true, true, false]);
    expect(writer.count).toBe(2);
    const frame = writer.take();
    expect(frame.length).toBeLessThanOrEqual(limits.frameBytes);
    expect(open(frame, { requireChecksum: false })).toHaveLength(2);
    expect(writer.add(proposer, acceptor, large)).toBe(true);
  });

  test("takes a frame of exactly the limit, and not one byte more", () => {
    const writer = new FrameWriter(codec, { group: 0, checksum: true });
    const overhead = frameOf(true, [[proposer, acceptor, { kind: "Response", reply: new Uint8Array(0) }]]).length;
    const room = limits.frameBytes - overhead;
    const more: multi.Message = { kind: "Response", reply: new Uint8Array(room + 1) };
    expect(() => writer.add(proposer, acceptor, more)).toThrow(RangeError);
    expect(writer.count).toBe(0);
    expect(writer.add(proposer, acceptor, { kind: "Response", reply: new Uint8Array(room) })).toBe(true);
    const frame = writer.take();
    expect(frame.length).toBe(limits.frameBytes);
    expect(open(frame, { requireChecksum: true })).toHaveLength(1);
  });

  test("is as it was after a message that cannot be encoded", () => {
    const writer = new FrameWriter(codec, { group: 3, checksum: true });
    writer.add(proposer, acceptor, accept);
    expect(() => writer.add(proposer, acceptor, { kind: "CatchUp", from: -1 })).toThrow("CatchUp.from");
    writer.add(acceptor, proposer, vote);
    expect(writer.take()).toEqual(checked);
  });

  test.each([0, 7, 2 ** 32 + 1, -8, 9.5, Number.NaN])("refuses the address %d", (address) => {
    const writer = new FrameWriter(codec, { group: 0, checksum: false });
    expect(() => writer.add(address, acceptor, vote)).toThrow(RangeError);
    expect(() => writer.add(proposer, address, vote)).toThrow(RangeError);
    expect(writer.count).toBe(0);
  });

  test.each([-1, 2 ** 32, 0.5])("refuses the group %d", (group) => {
    expect(() => new FrameWriter(codec, { group, checksum: false })).toThrow(RangeError);
  });
});

describe("a frame from outside", () => {
  const wrong = (frame: Uint8Array, at: number, byte: number) => frame.map((old, i) => (i === at ? byte : old));

  test.each([
    ["another magic", wrong(plain, 0, 0x7b), "frame magic", 0],
    ["another version", wrong(plain, 1, 2), "frame version", 1],
    ["an unknown flag", wrong(plain, 2, 2), "frame flags", 2],
    ["a byte that is kept zero", wrong(plain, 3, 1), "frame zero", 3],
    ["a body that is shorter than it says", wrong(plain, 12, 255), "frame body length", 12],
    ["fewer envelopes than it says", wrong(plain, 8, 3), "envelope from", plain.length],
    ["more envelopes than it says", wrong(plain, 8, 1), "frame", 64],
    ["a checksum without the flag", wrong(plain, 16, 1), "frame checksum", 16],
    ["the flag without a checksum", wrong(plain, 2, 1), "frame checksum", 16],
    ["a sender that is no node", wrong(plain, 20, 7), "envelope from", 20],
    ["a receiver that is no node", wrong(plain, 24, 1), "envelope to", 24],
    ["a message longer than the rest", wrong(plain, 30, 1), "message", 32],
    ["a message with bytes left over", wrong(plain, 28, 33), "message", 64],
    ["an unknown kind in the last message", wrong(plain, 76, 200), "kind", 76],
    ["no bytes", new Uint8Array(0), "frame magic", 0],
    ["more bytes than a frame may have", new Uint8Array(limits.frameBytes + 1), "frame", 0],
  ])("is refused for %s, saying where", (_, frame, field, offset) => {
    expect(open(frame, { requireChecksum: false })).toMatchObject({ name: "DecodeError", field, offset });
  });

  test("is refused without a checksum where one is required, and of another group where one is expected", () => {
    expect(open(plain, { requireChecksum: true })).toMatchObject({ field: "frame flags" });
    expect(open(plain, { requireChecksum: false, group: 4 })).toMatchObject({ field: "frame group" });
    expect(open(checked, { requireChecksum: true, group: 3 })).toHaveLength(2);
    expect(open(checked, { requireChecksum: false })).toHaveLength(2);
  });

  test("is refused for an envelope of somebody else than its sender", () => {
    const isSender = (address: Address): boolean => address === proposer;
    expect(open(plain, { requireChecksum: false, isSender })).toMatchObject({ field: "envelope from", offset: 64 });
    expect(open(frameOf(false, [[proposer, acceptor, accept]]), { requireChecksum: false, isSender })).toHaveLength(1);
  });

  test("is read where it stands in a larger buffer", () => {
    const larger = new Uint8Array(checked.length + 11);
    larger.set(checked, 7);
    expect(open(larger.subarray(7, 7 + checked.length), { requireChecksum: true })).toHaveLength(2);
  });

  test("is refused at every truncation, and with anything after its end", () => {
    for (const frame of [plain, checked]) {
      for (let length = 0; length < frame.length; length++) {
        expect(open(frame.subarray(0, length), { requireChecksum: false })).toBeInstanceOf(DecodeError);
      }
      expect(open(Uint8Array.of(...frame, 0), { requireChecksum: false })).toBeInstanceOf(DecodeError);
    }
  });

  test("is refused with any single byte altered in any way, when it has a checksum", () => {
    for (const requireChecksum of [true, false]) {
      for (let at = 0; at < checked.length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          if (byte === checked[at]) continue;
          const back = open(wrong(checked, at, byte), { requireChecksum });
          if (!(back instanceof DecodeError)) expect.fail(`byte ${at} as ${byte} was accepted`);
        }
      }
    }
  });

  test("without a checksum is something else or a DecodeError with any single byte altered", () => {
    const sent = open(plain, { requireChecksum: false });
    for (let at = 0; at < plain.length; at++) {
      const inGroup = at >= 4 && at < 8;
      for (const flip of [0x01, 0x10, 0x80, 0xff]) {
        const back = open(wrong(plain, at, (plain[at] ?? 0) ^ flip), { requireChecksum: false });
        if (!inGroup) expect(back, `byte ${at}`).not.toEqual(sent);
      }
    }
  });

  test("of random bytes is refused by nothing but a DecodeError, whatever its header", () => {
    const header = (count: number, bodyBytes: number) => [
      0xd5,
      1,
      0,
      0,
      3,
      0,
      0,
      0,
      count,
      0,
      0,
      0,
      bodyBytes,
      0,
      0,
      0,
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(3), (bytes, count) => {
        open(bytes, { requireChecksum: false });
        open(Uint8Array.from([...header(count, bytes.length), 0, 0, 0, 0, ...bytes]), { requireChecksum: false });
      }),
      { numRuns: 2000 },
    );
  });
});
