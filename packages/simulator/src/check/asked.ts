/**
 * What clients have asked for, as it left them: nothing else may be proposed.
 */
import { decodeMembership, isMade, isMembershipValue, sameValue, type Change, type Value } from "@synod/protocol";
import { crc32c, DecodeError } from "@synod/wire";
import type { Values } from "./consensus.ts";
import { readEntries, showEntry, showValue } from "./entries.ts";

/** Values that are proposed as clients ask for them. */
export class AskedValues implements Values {
  /** By checksum. */
  readonly #asked = new Map<number, Uint8Array[]>();

  /** A value leaves a client. Its bytes are copied: a client may write over them when it asks again. */
  asks(value: Uint8Array): void {
    const checksum = crc32c(value);
    const same = this.#asked.get(checksum);
    if (same === undefined) this.#asked.set(checksum, [value.slice()]);
    else if (!same.some((each) => sameValue(each, value))) same.push(value.slice());
  }

  show(value: Value): string {
    return value.length === 0 ? "a no-op" : `"${String.fromCharCode(...value.subarray(0, 40))}"`;
  }

  unasked(value: Value): string | undefined {
    return value.length === 0 || this.wasAsked(value) ? undefined : this.show(value);
  }

  protected wasAsked(value: Uint8Array): boolean {
    return this.#asked.get(crc32c(value))?.some((each) => sameValue(each, value)) === true;
  }
}

/** Requests that a leader joins into values, and changes of the members. */
export class AskedRequests extends AskedValues {
  readonly #changes: Change[] = [];

  /** An administrator asks for other members. */
  asksChange(change: Change): void {
    if (!this.#changes.some(({ add, remove }) => add === change.add && remove === change.remove))
      this.#changes.push(change);
  }

  override show(value: Value): string {
    return showValue(value);
  }

  override unasked(value: Value): string | undefined {
    if (isMembershipValue(value)) {
      const membership = decodeMembership(value);
      // Who is absent is out, as leaders may ask for by themselves.
      const out = membership && { ...membership, absent: [] };
      const isAsked = out !== undefined && this.#changes.some((change) => isMade(out, change));
      return isAsked ? undefined : showValue(value);
    }
    try {
      const entry = readEntries(value).find(({ bytes }) => !this.wasAsked(bytes));
      return entry && showEntry(entry);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      return showValue(value);
    }
  }
}
