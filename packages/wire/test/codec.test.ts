import { multi, type Layout, type Shape } from "@synod/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter, DecodeError, newCodec, type Codec } from "@synod/wire";
import { anyMessage, protocols, sampleMessage, type AnyMessage } from "./protocols.ts";

function encoded<Message>(codec: Codec<Message>, message: Message): Uint8Array {
  const writer = new ByteWriter(1);
  codec.encode(writer, message);
  return writer.take();
}

/** What decoding came to: a message, or the error that refused the bytes. Any other error is thrown. */
function decoded<Message>(codec: Codec<Message>, bytes: Uint8Array): Message | DecodeError {
  const reader = new ByteReader(bytes);
  try {
    const message = codec.decode(reader);
    reader.end("message");
    return message;
  } catch (failure) {
    if (failure instanceof DecodeError) return failure;
    throw failure;
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** The bytes of a message with the field that each part belongs to, found by the widths of the layout alone. */
function dump({ kind, fields }: Layout, bytes: Uint8Array): readonly string[] {
  const reader = new ByteReader(bytes);
  const lines = [`${kind} (${bytes.length} bytes)`];
  const line = (label: string, count: number, indent: string): void => {
    lines.push(`${indent}${label.padEnd(24 - indent.length)} ${hex(reader.raw(count, label))}`);
  };
  const u32 = (label: string, indent: string): number => {
    const value = new ByteReader(bytes, reader.offset).u32(label);
    line(label, 4, indent);
    return value;
  };
  const field = (name: string, shape: Shape, indent: string): void => {
    if (shape === "integer") line(name, 8, indent);
    else if (shape === "flag") line(name, 1, indent);
    else if (shape === "bytes") line(name, u32(`${name} length`, indent), indent);
    else {
      const count = u32(`${name} count`, indent);
      for (let i = 0; i < count; i++) for (const [inner, rest] of shape.list) field(inner, rest, `${indent}  `);
    }
  };
  line("kind", 1, "  ");
  for (const [name, shape] of fields) field(name, shape, "  ");
  reader.end(kind);
  return lines;
}

describe.each(protocols)("%s", (name, layout) => {
  const codec = newCodec<AnyMessage>(layout);
  const samples = layout.map((row, number) => sampleMessage(row, number));

  test("the bytes of each kind of message are those of the golden file", async () => {
    const text = layout.flatMap((row, i) => [...dump(row, encoded(codec, samples[i] ?? { kind: "" })), ""]);
    const heading = `The bytes of one message of each kind of ${name}, on the wire and in a log record. Hexadecimal.`;
    await expect([heading, "", ...text].join("\n")).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test("every message comes back as it was, with its fields in the order of the layout", () => {
    fc.assert(
      fc.property(anyMessage(layout), (message) => {
        const back = decoded(codec, encoded(codec, message));
        expect(back).toEqual(message);
        expect(Object.keys(back)).toEqual(Object.keys(message));
      }),
    );
  });

  test("random bytes are a message or a DecodeError, and a message that was read is written as it was", () => {
    const kind = fc.nat(layout.length);
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 80 }), (first, rest) => {
        const bytes = Uint8Array.of(first, ...rest);
        const back = decoded(codec, bytes);
        if (!(back instanceof DecodeError)) expect(encoded(codec, back)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test("every truncation, and anything after the end, is a DecodeError within the bytes", () => {
    for (const sample of samples) {
      const bytes = encoded(codec, sample);
      for (let length = 0; length < bytes.length; length++) {
        const back = decoded(codec, bytes.subarray(0, length));
        expect(back, `${sample.kind} cut to ${length} bytes`).toBeInstanceOf(DecodeError);
        if (back instanceof DecodeError) expect(back.offset).toBeLessThanOrEqual(length);
      }
      expect(decoded(codec, Uint8Array.of(...bytes, 0)), sample.kind).toBeInstanceOf(DecodeError);
    }
  });

  test("every single-byte corruption is another message or a DecodeError", () => {
    for (const sample of samples) {
      const bytes = encoded(codec, sample);
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x80, 0xff]) {
          const wrong = bytes.map((byte, i) => (i === at ? byte ^ flip : byte));
          expect(decoded(codec, wrong), `${sample.kind}, byte ${at}`).not.toEqual(sample);
        }
      }
    }
  });
});

describe("what is refused says where and what was expected", () => {
  const codec = newCodec<multi.Message>(multi.layout);
  const number = (kind: multi.Message["kind"]) => multi.layout.findIndex((row) => row.kind === kind);

  test.each([
    ["an unknown kind", [255], "kind", 0],
    ["no bytes", [], "kind", 0],
    ["an integer of 2^53", [number("Trim"), 0, 0, 0, 0, 0, 0, 0x20, 0], "Trim.slot", 1],
    ["a flag of 2", [number("ProbeReply"), ...Array<number>(16).fill(0), 2], "ProbeReply.leaderSilent", 17],
    ["more bytes than there are", [number("Response"), 9, 0, 0, 0, 1], "Response.reply", 5],
    [
      "more rows than there can be",
      [number("Chosen"), ...Array<number>(8).fill(0), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
      "Chosen.values",
      9,
    ],
  ])("%s", (_, bytes, field, offset) => {
    expect(decoded(codec, Uint8Array.from(bytes))).toMatchObject({ name: "DecodeError", field, offset });
  });

  test("the bytes of a message are views of what is read", () => {
    const bytes = encoded<multi.Message>(codec, { kind: "Response", reply: Uint8Array.of(1, 2, 3) });
    const message = decoded(codec, bytes);
    bytes[bytes.length - 1] = 9;
    expect(message).toEqual({ kind: "Response", reply: Uint8Array.of(1, 2, 9) });
  });
});

describe("what cannot be written is a TypeError that names the field", () => {
  const codec = newCodec<AnyMessage>(multi.layout);
  const row = { slot: 1, ballot: 1, value: Uint8Array.of() };
  const promised = { kind: "Promised", ballot: 1, from: 1, chosenThrough: 0, accepted: [row], next: 0 };

  test.each([
    ["kind Unheard", { kind: "Unheard" }],
    ["Trim.slot", { kind: "Trim" }],
    ["Trim.slot", { kind: "Trim", slot: -1 }],
    ["Trim.slot", { kind: "Trim", slot: 0.5 }],
    ["Trim.slot", { kind: "Trim", slot: 2 ** 53 }],
    ["ProbeReply.leaderSilent", { kind: "ProbeReply", round: 1, promised: 1, leaderSilent: 1 }],
    ["Response.reply", { kind: "Response", reply: "text" }],
    ["Promised.accepted:", { ...promised, accepted: row }],
    ["Promised.accepted:", { ...promised, accepted: [3] }],
    ["Promised.accepted.value", { ...promised, accepted: [{ ...row, value: undefined }] }],
  ])("%s", (path, message: AnyMessage) => {
    expect(() => encoded(codec, message)).toThrow(TypeError);
    expect(() => encoded(codec, message)).toThrow(path);
  });
});

describe("a layout that no codec can serve is refused", () => {
  test("a kind beyond one byte", () => {
    const layout = Array.from({ length: 257 }, (_, i): Layout => ({ kind: `Kind${i}`, fields: [] }));
    expect(() => newCodec(layout)).toThrow(RangeError);
    expect(() => newCodec(layout.slice(1))).not.toThrow();
  });

  test("a list of rows without fields", () => {
    expect(() => newCodec([{ kind: "Empty", fields: [["rows", { list: [] }]] }])).toThrow("Empty.rows");
  });
});
