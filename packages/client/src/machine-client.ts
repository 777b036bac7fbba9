/**
 * A client of any state machine, given the codec of its commands, queries and replies.
 */
import { encodeJson, readJson } from "@synod/machines";
import type { ByteReader, ByteWriter } from "@synod/wire";
import type { CallOptions } from "./admission.ts";
import type { Connection } from "./connection.ts";

/** How the commands and queries of a machine, and their replies, become bytes. */
export interface MachineCodec<Command, Reply, Query, Answer> {
  readonly encodeCommand: (writer: ByteWriter, command: Command) => void;
  readonly readReply: (reader: ByteReader) => Reply;
  readonly encodeQuery: (writer: ByteWriter, query: Query) => void;
  readonly readAnswer: (reader: ByteReader) => Answer;
}

/** The codec of a `jsonMachine`. The types are what its functions take and give, which JSON cannot check. */
export function jsonCodec<Command, Reply, Query = unknown, Answer = unknown>(): MachineCodec<
  Command,
  Reply,
  Query,
  Answer
> {
  return {
    encodeCommand: encodeJson,
    readReply: (reader) => readJson(reader) as Reply,
    encodeQuery: encodeJson,
    readAnswer: (reader) => readJson(reader) as Answer,
  };
}

export class MachineClient<Command, Reply, Query, Answer> {
  readonly #connection: Connection;
  readonly #codec: MachineCodec<Command, Reply, Query, Answer>;

  constructor(connection: Connection, codec: MachineCodec<Command, Reply, Query, Answer>) {
    this.#connection = connection;
    this.#codec = codec;
  }

  /** Has the machine apply a command, once; resolves with its reply. Rejects with a ClientError. */
  command(command: Command, options?: CallOptions): Promise<Reply> {
    const { encodeCommand, readReply } = this.#codec;
    return this.#connection.session.command((writer) => encodeCommand(writer, command), readReply, options);
  }

  /** Asks the machine: linearizable, without a log write. Rejects with a ClientError. */
  query(query: Query, options?: CallOptions): Promise<Answer> {
    const { encodeQuery, readAnswer } = this.#codec;
    return this.#connection.session.query((writer) => encodeQuery(writer, query), readAnswer, options);
  }

  /** Fails what is outstanding with `Closed`, and leaves the cluster. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
