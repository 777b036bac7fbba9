/**
 * The machines of this package, with commands to try them by.
 */
import { ByteWriter } from "@synod/wire";
import type { Subject } from "../src/compliance.ts";
import {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodeJson,
  encodePut,
  jsonMachine,
  KeyValueMachine,
  type StateMachine,
} from "../src/index.ts";

export function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}

/** Any machine of the key-value machine's kind. */
export function keyValueSubject(make: () => StateMachine): Subject {
  return {
    make,
    commands: [
      written((command) => encodePut(command, "a", "1")),
      written((command) => encodePut(command, "é", "ü")),
      written((command) => encodeAppend(command, "a", "2")),
      written((command) => encodeCas(command, "b", undefined, "new")),
      written((command) => encodePut(command, "", "")),
      written((command) => encodeCas(command, "a", "12", "3")),
      written((command) => encodeDelete(command, "é")),
      written((command) => encodeGet(command, "a")),
      written((command) => encodeAppend(command, "c", "x")),
      written((command) => encodePut(command, "long", "0123456789".repeat(500))),
    ],
    queries: ["a", "b", "c", "é", "", "long"].map((key) => written((query) => encodeGet(query, key))),
    malformed: [
      new Uint8Array(0),
      Uint8Array.of(9),
      Uint8Array.of(0, 5, 0, 0, 0, 97),
      Uint8Array.of(2, 1, 0, 0, 0, 97, 97),
      Uint8Array.of(3, 1, 0, 0, 0, 97, 2),
      Uint8Array.of(4, 1, 0, 0, 0, 97, 97),
      Uint8Array.of(0, 255, 255, 255, 255),
    ],
  };
}

interface Bank {
  readonly accounts: Record<string, number>;
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

function parseTransfer(json: unknown): Transfer {
  if (typeof json === "object" && json !== null && "from" in json && "to" in json && "amount" in json) {
    const { from, to, amount } = json;
    if (typeof from === "string" && typeof to === "string" && typeof amount === "number") return { from, to, amount };
  }
  throw new TypeError("from, to and amount");
}

export function newBank(): StateMachine {
  return jsonMachine<Bank, Transfer>({
    name: "bank/1",
    initial: () => ({ accounts: { vault: 1000 } }),
    parse: parseTransfer,
    apply({ accounts }, { from, to, amount }) {
      const balance = accounts[from] ?? 0;
      if (balance < amount) return { ok: false, balance };
      accounts[from] = balance - amount;
      accounts[to] = (accounts[to] ?? 0) + amount;
      return { ok: true, balance: balance - amount };
    },
  });
}

export const keyValue = keyValueSubject(() => new KeyValueMachine());

export const bank: Subject = {
  make: newBank,
  commands: [10, 20, 5000, 30, 1, 2, 3, 4].map((amount, i) =>
    written((command) => encodeJson(command, { from: i % 3 === 2 ? "ann" : "vault", to: "ann é", amount })),
  ),
  queries: [written((query) => encodeJson(query, null))],
  malformed: [written((writer) => writer.rawText("{")), written((command) => encodeJson(command, { from: "x" }))],
};
