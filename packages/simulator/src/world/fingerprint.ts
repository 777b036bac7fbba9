/**
 * The fingerprint of a run: two runs with the same one went the same way, to the last byte of the last frame. Whole
 * numbers only, so that every engine comes to the same.
 */
import { crc32c } from "@synod/wire";
import { fold } from "./randomness.ts";

/** A tick of a process or of a client. */
export const tickKind = 1;

export class Fingerprint {
  #low = 0x9e3779b9;
  #high = 0x7f4a7c15;

  /** Something happened: what kind of thing, when, and to whom. */
  add(kind: number, time: number, who: number): void {
    this.#low = fold(this.#low ^ kind, time >>> 0);
    this.#high = fold(this.#high ^ who, Math.floor(time / 2 ** 32) ^ this.#low);
  }

  addBytes(bytes: Uint8Array): void {
    this.#low = fold(this.#low, crc32c(bytes));
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return [this.#high, this.#low].map((word) => word.toString(16).padStart(8, "0")).join("");
  }
}
