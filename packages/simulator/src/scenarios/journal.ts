/**
 * What the clients of a Multi-Paxos scenario say, and how it is shown: their commands are lines of a journal that every
 * replica keeps.
 */
import type { Address } from "@synod/protocol";
import {
  encodeJson,
  encodeOpen,
  jsonMachine,
  QueryWriter,
  readJson,
  ReplyReader,
  RequestWriter,
} from "@synod/machines";
import type { StateMachine } from "@synod/machines";
import { ByteReader } from "@synod/wire";
import { showBytes, type ShowBytes } from "../show.ts";

/** A line is added at the end, and its number is the reply; a read asks for all lines. */
export function newJournal(): StateMachine {
  return jsonMachine<unknown[]>({
    name: "journal/1",
    initial: () => [],
    apply: (lines, line) => lines.push(line),
  });
}

/** Writes what clients send, and remembers what it says. */
export class Script {
  readonly #lines = new Map<string, string>();
  readonly #requests = new RequestWriter();
  readonly #queries = new QueryWriter();
  readonly #replies = new ReplyReader();

  /** Asks for a session, of which the client is to be told by the replica of `replyTo`. */
  open(client: Address, replyTo: number): Uint8Array {
    return this.#remember(encodeOpen({ client, replyTo }, client), "open a session");
  }

  /** Asks for a line; with the same sequence it is the same request, which runs once. */
  line(client: Address, replyTo: number, session: number, sequence: number, text: string): Uint8Array {
    this.#requests.begin({ client, replyTo, session, sequence, acknowledged: 1 });
    this.#requests.add((command) => encodeJson(command, text));
    return this.#remember(this.#requests.take(), text);
  }

  /** Asks for all lines. */
  query(sequence: number): Uint8Array {
    this.#queries.begin(sequence);
    this.#queries.add((query) => encodeJson(query, null));
    return this.#remember(this.#queries.take(), "all lines");
  }

  /** The session that a reply opens; undefined when it says something else. */
  sessionOf(reply: Uint8Array): number | undefined {
    const read = this.#replies.read(reply);
    return read.kind === "opened" ? read.session : undefined;
  }

  readonly show: ShowBytes = (name, bytes) => {
    switch (name) {
      case "value":
        return bytes.length === 0
          ? "no-op"
          : entriesOf(bytes)
              .map((entry) => this.#show(entry))
              .join(" + ");
      case "command":
      case "query":
        return this.#show(bytes);
      case "reply":
        return this.#showReply(bytes);
      default:
        return `${bytes.length} bytes`;
    }
  };

  #remember(bytes: Uint8Array, text: string): Uint8Array {
    this.#lines.set(showBytes(bytes), text);
    return bytes;
  }

  #show(bytes: Uint8Array): string {
    return this.#lines.get(showBytes(bytes)) ?? showBytes(bytes);
  }

  #showReply(bytes: Uint8Array): string {
    const reply = this.#replies.read(bytes);
    const said: string[] = [];
    this.#replies.visit({
      reply: (_index, json) => said.push(JSON.stringify(readJson(json))),
      refused: (_index, reason) => said.push(`refused: ${reason}`),
    });
    return reply.kind === "opened"
      ? `session ${reply.session}`
      : [`${reply.kind} ${reply.sequence}`, ...said].join(": ");
  }
}

/** The entries that a value holds, each with its size before it. */
function entriesOf(value: Uint8Array): readonly Uint8Array[] {
  const reader = new ByteReader(value);
  const entries: Uint8Array[] = [];
  while (reader.remaining > 0) {
    const start = reader.offset;
    reader.raw(reader.u32("entry size"), "entry");
    entries.push(value.subarray(start, reader.offset));
  }
  return entries;
}
