/**
 * A client of the key-value machine. Keys and values are texts, stored as UTF-8.
 */
import {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodePut,
  readInteger,
  readOk,
  readValue,
} from "@synod/machines";
import type { CallOptions } from "./admission.ts";
import type { Connection } from "./connection.ts";

export class KeyValueClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Stores a value. Rejects with a ClientError, or a LimitError when key or value is too large. */
  put(key: string, value: string, options?: CallOptions): Promise<void> {
    return this.#connection.session.command((command) => encodePut(command, key, value), readOk, options);
  }

  /** The value, or undefined when there is none: linearizable, without a log write. */
  get(key: string, options?: CallOptions): Promise<string | undefined> {
    return this.#connection.session.query((query) => encodeGet(query, key), readValue, options);
  }

  /** Adds to the end of a value, or stores it when there is none; resolves with the new length in bytes. */
  append(key: string, value: string, options?: CallOptions): Promise<number> {
    return this.#connection.session.command((command) => encodeAppend(command, key, value), readInteger, options);
  }

  /** Removes a value; resolves with whether there was one. */
  async delete(key: string, options?: CallOptions): Promise<boolean> {
    const removed = await this.#connection.session.command(
      (command) => encodeDelete(command, key),
      readInteger,
      options,
    );
    return removed === 1;
  }

  /** Stores `value` if the value is `expected` (undefined: if there is none); resolves with whether it did. */
  async cas(key: string, expected: string | undefined, value: string, options?: CallOptions): Promise<boolean> {
    const stored = await this.#connection.session.command(
      (command) => encodeCas(command, key, expected, value),
      readInteger,
      options,
    );
    return stored === 1;
  }

  /** Fails what is outstanding with `Closed`, and leaves the cluster. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
