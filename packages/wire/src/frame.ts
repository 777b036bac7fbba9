/**
 * A frame: many envelopes for one endpoint in one buffer, because crossing a thread or a network costs far more than
 * what is carried.
 *
 *     header, 20 bytes     magic u8 · version u8 · flags u8 · zero u8 · group u32 · envelopes u32 · body bytes u32 ·
 *                          checksum u32
 *     body                 envelopes, each: from u32 · to u32 · message bytes u32 · message
 *
 * The checksum is the CRC-32C of the header before it and of the body; without the flag it is 0. Threads of one process
 * do without; whatever leaves the process carries it.
 */
import { isAddress, limits, type Address } from "@synod/protocol";
import { ByteReader, ByteWriter, DecodeError } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { crc32c } from "./crc32c.ts";

const magic = 0xd5;
const version = 1;
const checksummed = 1;

const countAt = 8;
const bodyBytesAt = 12;
const checksumAt = 16;
const headerBytes = 20;
const envelopeBytes = 12;

export interface FrameOptions {
  /** The group that the envelopes belong to, from 0 to 2^32 - 1: many groups may share a process. */
  readonly group: number;
  /** Whether the frame carries a checksum. */
  readonly checksum: boolean;
}

/** A writer's own buffer that grew beyond this is given up after the frame. */
const keptBytes = 1024 * 1024;
const firstBytes = 1024;

/** Gathers envelopes and makes frames of them, one after the other. */
export class FrameWriter<Message> {
  readonly #codec: Codec<Message>;
  readonly #options: FrameOptions;
  readonly #writer = new ByteWriter(firstBytes);
  #count = 0;

  constructor(codec: Codec<Message>, options: FrameOptions) {
    if (!isU32(options.group)) throw new RangeError(`group ${options.group}: expected 0 to 2^32 - 1`);
    this.#codec = codec;
    this.#options = options;
    this.#begin();
  }

  /** Envelopes in the frame so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the frame so far. */
  get sizeBytes(): number {
    return this.#writer.length;
  }

  /**
   * Adds an envelope.
   *
   * @returns false when it does not fit into `limits.frameBytes` with what is there: take the frame, then add it again
   * @throws RangeError when it fits into no frame, or an address names no role
   */
  add(from: Address, to: Address, message: Message): boolean {
    const writer = this.#writer;
    const start = writer.length;
    let whole = false;
    try {
      writer.u32(addressed(from));
      writer.u32(addressed(to));
      writer.u32(0);
      this.#codec.encode(writer, message);
      whole = writer.length <= limits.frameBytes;
    } finally {
      if (!whole) writer.truncate(start);
    }
    if (whole) {
      writer.setU32(start + 8, writer.length - start - envelopeBytes);
      this.#count += 1;
    } else if (this.#count === 0) {
      throw new RangeError(`a message to ${to} fits into no frame of ${limits.frameBytes} bytes`);
    }
    return whole;
  }

  /** The frame, in a buffer of its own and of its size, so that it can be transferred; the writer begins the next. */
  take(): Uint8Array<ArrayBuffer> {
    const writer = this.#writer;
    writer.setU32(countAt, this.#count);
    writer.setU32(bodyBytesAt, writer.length - headerBytes);
    if (this.#options.checksum) writer.setU32(checksumAt, frameChecksum(writer.view()));
    // A copy costs what clearing a new buffer would (about 8 µs for 40 kB), and the receiver, which keeps views of
    // values, keeps no slack with them.
    const frame = writer.view().slice();
    if (frame.length > keptBytes) writer.take(firstBytes);
    else writer.clear();
    this.#count = 0;
    this.#begin();
    return frame;
  }

  #begin(): void {
    const writer = this.#writer;
    writer.u8(magic);
    writer.u8(version);
    writer.u8(this.#options.checksum ? checksummed : 0);
    writer.u8(0);
    writer.u32(this.#options.group);
    writer.u32(0);
    writer.u32(0);
    writer.u32(0);
  }
}

export interface ReadFrameOptions {
  /** Refuse a frame without a checksum. One that has a checksum is always held to it. */
  readonly requireChecksum: boolean;
  /** Refuse a frame of another group. */
  readonly group?: number;
  /** Refuse a frame with an envelope from anyone of whom this is not true: whose frame it is, only its path tells. */
  readonly isSender?: (address: Address) => boolean;
}

/**
 * Opens a frame. Everything in it is checked before the first visit, so that nothing is half applied. The bytes in the
 * messages are views of the frame.
 *
 * @throws DecodeError when anything in the frame is not what it should be; then nothing was visited
 */
export function readFrame<Message>(
  codec: Codec<Message>,
  frame: Uint8Array,
  options: ReadFrameOptions,
  visit: (from: Address, to: Address, message: Message) => void,
): void {
  const reader = new ByteReader(frame);
  const count = readHeader(reader, frame, options);
  const addresses: Address[] = [];
  const messages: Message[] = [];
  for (let i = 0; i < count; i++) {
    addresses.push(readSender(reader, options), readAddress(reader, "envelope to"));
    const sizeBytes = reader.u32("envelope length");
    const start = reader.offset;
    reader.raw(sizeBytes, "message");
    const message = new ByteReader(frame, start, start + sizeBytes);
    messages.push(codec.decode(message));
    message.end("message");
  }
  reader.end("frame");
  for (const [i, message] of messages.entries()) {
    visit(addresses[2 * i] ?? 0, addresses[2 * i + 1] ?? 0, message);
  }
}

/** Checks the header, and the checksum; returns the count of envelopes. */
function readHeader(reader: ByteReader, frame: Uint8Array, options: ReadFrameOptions): number {
  if (frame.length > limits.frameBytes) {
    throw new DecodeError("frame", 0, `at most ${limits.frameBytes} bytes, got ${frame.length}`);
  }
  expectByte(reader, "frame magic", magic);
  expectByte(reader, "frame version", version);
  const flags = reader.u8("frame flags");
  if (flags > checksummed) throw new DecodeError("frame flags", reader.offset - 1, `0 or 1, got ${flags}`);
  if (options.requireChecksum && flags !== checksummed) {
    throw new DecodeError("frame flags", reader.offset - 1, "a frame with a checksum");
  }
  expectByte(reader, "frame zero", 0);
  const group = reader.u32("frame group");
  if (options.group !== undefined && group !== options.group) {
    throw new DecodeError("frame group", reader.offset - 4, `group ${options.group}, got ${group}`);
  }
  const count = reader.u32("frame envelopes");
  const bodyBytes = reader.u32("frame body length");
  const checksum = reader.u32("frame checksum");
  if (bodyBytes !== reader.remaining) {
    throw new DecodeError("frame body length", bodyBytesAt, `${reader.remaining} bytes, got ${bodyBytes}`);
  }
  const expected = flags === checksummed ? frameChecksum(frame) : 0;
  if (checksum !== expected) throw new DecodeError("frame checksum", checksumAt, `${expected}, got ${checksum}`);
  return count;
}

function frameChecksum(frame: Uint8Array): number {
  return crc32c(frame, headerBytes, frame.length, crc32c(frame, 0, checksumAt));
}

function expectByte(reader: ByteReader, field: string, expected: number): void {
  const byte = reader.u8(field);
  if (byte !== expected) throw new DecodeError(field, reader.offset - 1, `${expected}, got ${byte}`);
}

function readAddress(reader: ByteReader, field: string): Address {
  const address = reader.u32(field);
  if (!isAddress(address)) {
    throw new DecodeError(field, reader.offset - 4, `an address of a role, got ${address}`);
  }
  return address;
}

function readSender(reader: ByteReader, { isSender }: ReadFrameOptions): Address {
  const from = readAddress(reader, "envelope from");
  if (isSender?.(from) === false) {
    throw new DecodeError("envelope from", reader.offset - 4, `an address of its sender, got ${from}`);
  }
  return from;
}

function addressed(address: Address): Address {
  if (!isU32(address) || !isAddress(address)) throw new RangeError(`address ${address} names no role`);
  return address;
}

function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
