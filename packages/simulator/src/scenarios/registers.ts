/**
 * What the clients of a Generalized Paxos scenario say, and how it is shown: they write and read registers, which are
 * the keys of the key-value machine.
 */
import type { Address } from "@synod/protocol";
import {
  encodeGet,
  encodeOpen,
  encodePut,
  encodeRead,
  QueryWriter,
  readValue,
  ReplyReader,
  RequestWriter,
} from "@synod/machines";
import { showBytes, type ShowBytes } from "../show.ts";

/** Writes what clients send, with the node that shall answer, and remembers what it says. */
export class Registers {
  readonly #texts = new Map<string, string>();
  readonly #requests = new RequestWriter();
  readonly #queries = new QueryWriter();
  readonly #replies = new ReplyReader();
  /** By the number of a read: its register. */
  readonly #reads = new Map<number, string>();

  open(client: Address, replyTo: number): Uint8Array {
    return this.#remember(encodeOpen({ client, replyTo }, client), "open a session");
  }

  write(
    client: Address,
    replyTo: number,
    session: number,
    sequence: number,
    register: string,
    value: string,
  ): Uint8Array {
    this.#requests.begin({ client, replyTo, session, sequence, acknowledged: 1 });
    this.#requests.add((command) => encodePut(command, register, value));
    return this.#remember(this.#requests.take(), `Write${register} ${value}`);
  }

  read(client: Address, replyTo: number, sequence: number, register: string): Uint8Array {
    this.#queries.begin(sequence);
    this.#queries.add((query) => encodeGet(query, register));
    this.#reads.set(sequence, register);
    return this.#remember(encodeRead({ client, replyTo }, this.#queries.take()), `Read${register}`);
  }

  /** The session that a reply opens; undefined when it says something else. */
  sessionOf(reply: Uint8Array): number | undefined {
    const read = this.#replies.read(reply);
    return read.kind === "opened" ? read.session : undefined;
  }

  /** A command, as the clients said it. */
  text(command: Uint8Array): string {
    return command.length === 0 ? "checkpoint" : (this.#texts.get(showBytes(command)) ?? showBytes(command));
  }

  readonly show: ShowBytes = (name, bytes) => {
    switch (name) {
      case "command":
      case "value":
        return this.text(bytes);
      case "reply":
        return this.#showReply(bytes);
      default:
        return `${bytes.length} bytes`;
    }
  };

  #remember(bytes: Uint8Array, text: string): Uint8Array {
    this.#texts.set(showBytes(bytes), text);
    return bytes;
  }

  #showReply(bytes: Uint8Array): string {
    const reply = this.#replies.read(bytes);
    if (reply.kind === "opened") return `session ${reply.session}`;
    if (reply.kind !== "read") return reply.kind === "done" ? "written" : reply.kind;
    let value: string | undefined;
    this.#replies.visit({
      reply: (_index, answer) => (value = readValue(answer)),
      refused: (_index, reason) => (value = `refused: ${reason}`),
    });
    return `${this.#reads.get(reply.sequence) ?? "register"} is ${value ?? "absent"}`;
  }
}
