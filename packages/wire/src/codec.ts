/**
 * One codec for every protocol, made from the layout that stands beside its messages: a kind in one byte, its position
 * in the layout, then the fields in order. A record of a log is the same bytes.
 *
 * A layout is compiled once, into a list of fields that know how to read and write themselves.
 */
import type { Fields, Layout, Shape } from "@synod/protocol";
import { DecodeError, type ByteReader, type ByteWriter } from "./bytes.ts";

export interface Codec<Message> {
  /**
   * Writes a message at the end.
   *
   * @throws TypeError when the message is not what the layout says: nothing must be sent or stored after that
   */
  encode(writer: ByteWriter, message: Message): void;
  /**
   * Reads one message. Its bytes fields are views of what is read, not copies.
   *
   * @throws DecodeError
   */
  decode(reader: ByteReader): Message;
}

/** A message of this many kinds still has its kind in one byte. */
const maxKinds = 256;

/** A message, or a row of a list, with its fields by name. */
type Row = Record<string, unknown>;

/** A field of a row: `path` names it in errors, as in `Promised.accepted.slot`. */
interface Field {
  readonly name: string;
  readonly path: string;
  /** The fewest bytes that it takes. */
  readonly minBytes: number;
  readonly write: (writer: ByteWriter, value: unknown) => void;
  readonly read: (reader: ByteReader) => unknown;
}

interface Kind {
  readonly number: number;
  readonly kind: string;
  readonly fields: readonly Field[];
}

/**
 * The codec of a protocol.
 *
 * @param layout the protocol's own, as `multi.layout`: it was checked against `Message` where it was written
 */
export function newCodec<Message extends { readonly kind: string }>(layout: readonly Layout[]): Codec<Message> {
  if (layout.length > maxKinds) throw new RangeError(`${layout.length} kinds of messages; at most ${maxKinds} fit`);
  const kinds = layout.map(({ kind, fields }, number): Kind => ({ number, kind, fields: newFields(kind, fields) }));
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return {
    encode(writer, message) {
      const kind = byName.get(message.kind);
      if (kind === undefined) throw new TypeError(`no message of kind ${message.kind} in the layout`);
      writer.u8(kind.number);
      writeFields(writer, kind.kind, kind.fields, message);
    },
    decode(reader) {
      const at = reader.offset;
      const number = reader.u8("kind");
      const kind = kinds[number];
      if (kind === undefined) throw new DecodeError("kind", at, `one below ${kinds.length}, got ${number}`);
      return asMessage<Message>(readFields(reader, kind.fields, { kind: kind.kind }));
    },
  };
}

/**
 * The one place where a record becomes a message. `LayoutsOf` checked at compile time that the layout names exactly
 * the fields of each kind, and every field here was read, and checked, by the shape that the layout gives it.
 */
function asMessage<Message extends { readonly kind: string }>(record: { readonly kind: string }): Message {
  return record as Message;
}

function newFields(path: string, fields: Fields): readonly Field[] {
  return fields.map(([name, shape]) => newField(name, `${path}.${name}`, shape));
}

function newField(name: string, path: string, shape: Shape): Field {
  switch (shape) {
    case "integer":
      return {
        name,
        path,
        minBytes: 8,
        write(writer, value) {
          if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
            throw wrongType(path, "a safe integer from 0", value);
          }
          writer.integer(value);
        },
        read: (reader) => reader.integer(path),
      };
    case "flag":
      return {
        name,
        path,
        minBytes: 1,
        write(writer, value) {
          if (typeof value !== "boolean") throw wrongType(path, "true or false", value);
          writer.u8(value ? 1 : 0);
        },
        read: (reader) => reader.flag(path),
      };
    case "bytes":
      return {
        name,
        path,
        minBytes: 4,
        write(writer, value) {
          if (!(value instanceof Uint8Array)) throw wrongType(path, "bytes", value);
          writer.bytes(value);
        },
        read: (reader) => reader.bytes(path),
      };
    default:
      return newListField(name, path, newFields(path, shape.list));
  }
}

function newListField(name: string, path: string, fields: readonly Field[]): Field {
  const rowBytes = fields.reduce((sum, { minBytes }) => sum + minBytes, 0);
  // Rows of no bytes could be counted in billions by four bytes from outside.
  if (rowBytes === 0) throw new RangeError(`${path}: a row needs a field`);
  return {
    name,
    path,
    minBytes: 4,
    write(writer, value) {
      if (!Array.isArray(value)) throw wrongType(path, "a list", value);
      writer.u32(value.length);
      for (const row of value) writeFields(writer, path, fields, row);
    },
    read(reader) {
      const at = reader.offset;
      const count = reader.u32(path);
      // Before anything is allocated for them.
      if (count > reader.remaining / rowBytes) {
        throw new DecodeError(path, at, `at most ${Math.floor(reader.remaining / rowBytes)} rows here, got ${count}`);
      }
      const rows: Row[] = [];
      for (let i = 0; i < count; i++) rows.push(readFields(reader, fields, {}));
      return rows;
    },
  };
}

function writeFields(writer: ByteWriter, path: string, fields: readonly Field[], row: unknown): void {
  if (!isRow(row)) throw wrongType(path, "fields", row);
  for (const field of fields) field.write(writer, row[field.name]);
}

function isRow(value: unknown): value is Readonly<Row> {
  return typeof value === "object" && value !== null;
}

/** Fields are added in the order of the layout, so that all rows of a kind have one shape in memory. */
function readFields<Target extends Row>(reader: ByteReader, fields: readonly Field[], row: Target): Target {
  const target: Row = row;
  for (const field of fields) target[field.name] = field.read(reader);
  return row;
}

function wrongType(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${path}: expected ${expected}, got ${String(value)}`);
}
