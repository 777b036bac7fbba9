/**
 * Messages and values as plain data that people and programs can read: JSON, always the same for the same run.
 */

import { decodeMembership, isMembershipValue, majority, membershipOf, Memberships } from "@synod/protocol";

export type Shown = string | number | boolean | readonly Shown[] | { readonly [field: string]: Shown };

const printable = /^[\x20-\x7e]*$/;

/** Bytes as text when they are printable ASCII, else in hexadecimal. */
export function showBytes(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return printable.test(text) ? text : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A value: an empty one is a no-op. */
export function showValue(value: Uint8Array): string {
  return value.length === 0 ? "no-op" : showBytes(value);
}

/** Who takes part, in a history of memberships or a value that says so; nothing where members have not changed. */
export function showMembers(name: string, bytes: Uint8Array): string | undefined {
  if (name === "memberships") {
    const { membership, from } = Memberships.first(nobody, 1).from(bytes)?.latest ?? { membership: nobody, from: 0 };
    return bytes.length === 0 ? "" : `${membership.members.join("+")} from ${from}`;
  }
  return isMembershipValue(bytes) ? `members ${decodeMembership(bytes)?.members.join("+") ?? "unknown"}` : undefined;
}

const nobody = membershipOf([1], majority(1));

/** How the bytes of a field are shown. */
export type ShowBytes = (name: string, bytes: Uint8Array) => string;

/** Fields called `value` as values, all others as bytes. */
export const showPlain: ShowBytes = (name, bytes) => (name === "value" ? showValue(bytes) : showBytes(bytes));

/**
 * The fields of a message without its kind. A trace says with `from` who sent a message, so that a field `from`, the
 * first slot that a message is about, is called `fromSlot`.
 */
export function showFields(
  message: { readonly kind: string },
  showBytesOf: ShowBytes = showPlain,
): Readonly<Record<string, Shown>> {
  const fields = Object.entries<unknown>({ ...message }).filter(([name]) => name !== "kind");
  return Object.fromEntries(
    fields.map(([name, field]) => [name === "from" ? "fromSlot" : name, show(name, field, showBytesOf)]),
  );
}

function show(name: string, field: unknown, showBytesOf: ShowBytes): Shown {
  if (typeof field === "string" || typeof field === "number" || typeof field === "boolean") return field;
  if (field instanceof Uint8Array) return showMembers(name, field) ?? showBytesOf(name, field);
  if (Array.isArray(field)) return field.map((row: unknown) => show(name, row, showBytesOf));
  if (typeof field === "object" && field !== null) {
    return Object.fromEntries(Object.entries(field).map(([inner, value]) => [inner, show(inner, value, showBytesOf)]));
  }
  throw new TypeError(`field ${name} cannot be shown`);
}
