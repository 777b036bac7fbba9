/**
 * How the messages of a protocol are laid out in bytes: which fields, in which order, of which shape. A protocol
 * states it as data beside its messages; the codec, the fuzzers and the printers take it from there.
 *
 * The position of a kind in the table is its number on the wire: add at the end, never reorder.
 */
export type Shape =
  /** A safe integer from 0: ballots, slots, ticks, addresses, sizes. 8 bytes. */
  | "integer"
  /** True or false. 1 byte. */
  | "flag"
  /** Bytes, at most 2^32 - 1 of them. 4 bytes of length, then the bytes. */
  | "bytes"
  /** Any number of rows of one shape. 4 bytes of count, then the rows. */
  | { readonly list: Fields };

export type Fields = readonly (readonly [name: string, shape: Shape])[];

/** A row per message kind. */
export interface Layout {
  readonly kind: string;
  readonly fields: Fields;
}

/** The names of a message's fields, without its kind: a layout that forgets or invents one does not compile. */
type FieldsOf<Message, Kind> = Exclude<keyof Extract<Message, { readonly kind: Kind }>, "kind">;

/** Checks at compile time that a table has each kind of `Message`, and each row each field. */
export type LayoutsOf<Message extends { readonly kind: string }> = {
  readonly [Kind in Message["kind"]]: { readonly [Field in FieldsOf<Message, Kind> & string]: Shape };
};

/** Turns the checked table into the ordered form that a codec reads. */
export function layouts<Message extends { readonly kind: string }>(table: LayoutsOf<Message>): readonly Layout[] {
  return Object.entries<Readonly<Record<string, Shape>>>(table).map(([kind, fields]) => ({
    kind,
    fields: Object.entries(fields),
  }));
}
