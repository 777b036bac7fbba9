/**
 * What a server has: keys with their values, and the last request of each client, so that each is done once.
 */
import { nameOf } from "../holdings.ts";
import type { ClientRow, Forward, Row, Transfer, ViewNumber } from "./messages.ts";

/** Bytes of a row besides its key and value: all rows go into one message, and many may be short. */
const rowBytes = 17;

export class Database {
  readonly #rows = new Map<string, Row>();
  readonly #clients = new Map<number, number>();
  readonly #mostClients: number;
  #bytes = 0;

  /** @param mostClients how many are remembered; the one that wrote longest ago is forgotten first */
  constructor(mostClients: number) {
    this.#mostClients = mostClients;
  }

  get keys(): number {
    return [...this.#rows.values()].filter(({ removed }) => !removed).length;
  }

  /** Whether all rows are no larger than so many bytes with another one. */
  hasRoom({ key, value }: Pick<Row, "key" | "value">, mostBytes: number): boolean {
    return this.#bytes + sizeOf({ key, value }) <= mostBytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.#rows.get(nameOf(key));
    return row === undefined || row.removed ? undefined : row.value;
  }

  /** The version that the next write of a key has. */
  nextVersion(key: Uint8Array): number {
    return (this.#rows.get(nameOf(key))?.version ?? 0) + 1;
  }

  /** Whether a request of a client was done, or a later one. */
  isDone(client: number, sequence: number): boolean {
    return sequence <= (this.#clients.get(client) ?? 0);
  }

  write({ client, sequence, key, value, removed, version }: Forward): void {
    if (version >= this.nextVersion(key)) this.#set({ key, value, removed, version });
    this.#remember({ client, sequence });
  }

  /** Takes the place of all that there was. */
  replace({ rows, clients }: Transfer): void {
    this.#rows.clear();
    this.#clients.clear();
    this.#bytes = 0;
    for (const row of rows) this.#set(row);
    for (const client of clients) this.#remember(client);
  }

  transfer(view: ViewNumber): Transfer {
    const clients = [...this.#clients].map(([client, sequence]) => ({ client, sequence }));
    return { kind: "Transfer", view, rows: [...this.#rows.values()], clients };
  }

  #set(row: Row): void {
    const name = nameOf(row.key);
    const before = this.#rows.get(name);
    this.#bytes += sizeOf(row) - (before === undefined ? 0 : sizeOf(before));
    this.#rows.set(name, row);
  }

  #remember({ client, sequence }: ClientRow): void {
    const latest = Math.max(sequence, this.#clients.get(client) ?? 0);
    this.#clients.delete(client);
    this.#clients.set(client, latest);
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= this.#mostClients) break;
      this.#clients.delete(oldest);
    }
  }
}

function sizeOf({ key, value }: Pick<Row, "key" | "value">): number {
  return rowBytes + key.length + value.length;
}
