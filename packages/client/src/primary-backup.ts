/**
 * A client of primary-backup: it asks the view server who the primary is, and that one for all else.
 *
 * One request is under way at a time, in the order called: the servers remember of each client only the number of its
 * last write.
 */
import { addressOf, commit, type Address } from "@synod/protocol";
import type { CallOptions } from "./admission.ts";
import { Calls, type Call } from "./calls.ts";
import { Guest, type GuestOptions } from "./guest.ts";
import { decodeText, encodeKey, encodeValue } from "./texts.ts";

type Message = commit.primaryBackup.Message;
type Asked = (commit.primaryBackup.Put | commit.primaryBackup.Get) & Message;
type Reply = commit.primaryBackup.PutReply | commit.primaryBackup.GetReply;

/** Before the view server is asked again when who answers is no primary, in milliseconds. */
const redirectMs = 20;

const viewServer = addressOf("view-server", commit.primaryBackup.viewServerNode);

export class PrimaryClient extends Guest<Message> {
  readonly #calls: Calls<Message, Asked, Reply>;
  #primary: Address | undefined;
  /** A later process may have the same address, and its numbers must be higher: they begin with the time. */
  #sequence = Date.now() * 1000;

  constructor(options: GuestOptions) {
    super(options);
    this.#calls = this.seat(
      new Calls({
        ...this.ground,
        ask: (call, inVain) => this.#ask(call, inVain),
        take: (message) => this.#take(message),
        mostUnderWay: 1,
      }),
    );
  }

  /** Stores a value. Rejects with Timeout, Overloaded, Cancelled, Closed, or LimitError when key or value is too large. */
  async put(key: string, value: string, options?: CallOptions): Promise<void> {
    const write = { key: encodeKey(key), value: encodeValue(value), removed: false };
    await this.#call({ kind: "Put", sequence: this.#next(), ...write }, options);
  }

  /** Removes a value, whether there is one or not. Rejects as `put` does. */
  async delete(key: string, options?: CallOptions): Promise<void> {
    const write = { key: encodeKey(key), value: new Uint8Array(0), removed: true };
    await this.#call({ kind: "Put", sequence: this.#next(), ...write }, options);
  }

  /** The value that whoever takes itself for the primary has; undefined when there is none. Rejects as `put` does. */
  async get(key: string, options?: CallOptions): Promise<string | undefined> {
    const reply = await this.#call({ kind: "Get", key: encodeKey(key), sequence: this.#next() }, options);
    return reply.kind === "GetReply" && reply.found ? decodeText(reply.value) : undefined;
  }

  #call(asked: Asked, options: CallOptions | undefined): Promise<Reply> {
    return this.#calls.call(`${asked.sequence}`, asked, options);
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Asks the primary, as far as it is known, else who that is. */
  #ask({ asked }: Call<Asked, Reply>, inVain: boolean): void {
    if (inVain) this.#primary = undefined;
    if (this.#primary === undefined) this.ground.send(viewServer, { kind: "AskView" });
    else this.ground.send(this.#primary, asked);
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "View":
        if (message.primary === 0 || this.#primary !== undefined) return;
        this.#primary = addressOf("server", message.primary);
        for (const call of this.#calls.underWay) this.#calls.ask(call);
        return;
      case "NotPrimary":
        for (const call of this.#calls.named(`${message.sequence}`)) {
          this.#primary = undefined;
          this.#calls.askAfter(call, redirectMs);
        }
        return;
      case "PutReply":
      case "GetReply":
        for (const call of this.#calls.named(`${message.sequence}`)) this.#calls.answer(call, message);
        return;
      default:
        return; // Not for a client.
    }
  }
}
