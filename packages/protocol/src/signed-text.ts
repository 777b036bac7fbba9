/**
 * Writes the texts that nodes sign: fields of fixed length, or after their length, so that two texts with different
 * fields are never the same bytes.
 */
export class SignedText {
  #bytes = new Uint8Array(128);
  #length = 0;

  /** @param subject what the text is about, from 0 to 255: another one for each kind of statement of a protocol */
  constructor(subject: number) {
    this.#room(1)[0] = subject;
  }

  /** A safe integer from 0, as 8 bytes. */
  integer(value: number): this {
    const room = this.#room(8);
    let rest = value;
    for (let at = 7; at >= 0; at--) {
      room[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    this.integer(value.length);
    this.#room(value.length).set(value);
    return this;
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(sizeBytes: number): Uint8Array {
    const start = this.#length;
    this.#length += sizeBytes;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes.subarray(start, this.#length);
  }
}
