/**
 * Every protocol that the wire carries, and messages made from nothing but its layout: a new protocol joins the tests
 * by one line here.
 */
import {
  basic,
  byzantine,
  commit,
  fast,
  fastByzantine,
  generalized,
  multi,
  type Fields,
  type Layout,
  type Shape,
} from "@synod/protocol";
import fc from "fast-check";

export interface AnyMessage {
  readonly kind: string;
}

export const protocols: readonly (readonly [name: string, layout: readonly Layout[]])[] = [
  ["basic", basic.layout],
  ["basic-named", basic.namedLayout],
  ["byzantine", byzantine.layout],
  ["generalized", generalized.layout],
  ["multi", multi.layout],
  ["fast", fast.layout],
  ["commit", commit.paxosCommit.layout],
  ["two-phase", commit.twoPhase.layout],
  ["fast-byzantine", fastByzantine.layout],
  ["three-phase", commit.threePhase.layout],
  ["primary-backup", commit.primaryBackup.layout],
];

/** Any message of a protocol. */
export function anyMessage(layout: readonly Layout[]): fc.Arbitrary<AnyMessage> {
  return fc.oneof(...layout.map(({ kind, fields }) => anyRow(fields).map((row) => ({ kind, ...row }))));
}

function anyRow(fields: Fields): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(Object.fromEntries(fields.map(([name, shape]) => [name, anyField(shape)])), {
    noNullPrototype: true,
  });
}

function anyField(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape) {
    case "integer":
      return fc.oneof(fc.maxSafeNat(), fc.nat(9), fc.constant(Number.MAX_SAFE_INTEGER));
    case "flag":
      return fc.boolean();
    case "bytes":
      return fc.uint8Array({ maxLength: 40 });
    default:
      return fc.array(anyRow(shape.list), { maxLength: 4 });
  }
}

/** One message of a kind, the same each time: its integers count up from `kind number * 16`, some above 32 bits. */
export function sampleMessage({ kind, fields }: Layout, number: number): AnyMessage {
  let next = number * 16;
  const sampleRow = (row: Fields): Readonly<Record<string, unknown>> =>
    Object.fromEntries(row.map(([name, shape]) => [name, sampleField(shape)]));
  const sampleField = (shape: Shape): unknown => {
    next += 1;
    switch (shape) {
      case "integer":
        return next % 2 === 0 ? next * 2 ** 32 + 258 : next;
      case "flag":
        return true;
      case "bytes":
        return Uint8Array.from({ length: 5 }, (_, i) => next + i);
      default:
        return [sampleRow(shape.list), sampleRow(shape.list)];
    }
  };
  return { kind, ...sampleRow(fields) };
}
