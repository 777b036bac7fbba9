/**
 * A driver with a role that does what each message says, over a log that syncs when it is told; everything that happens
 * is noted in order.
 */
import type { Output, RoleMachine } from "@synod/protocol";
import { StorageError, type Log } from "@synod/storage";
import { Driver, type EntryCodec } from "../src/index.ts";

export interface Entry {
  readonly kind: "entry";
  readonly name: string;
  readonly slot: number;
}
export type Message =
  | Entry
  | { readonly kind: "note"; readonly name: string }
  | { readonly kind: "script"; readonly run: (out: Out) => void };
export type Delivery = (out: Out) => void;
export type Out = Output<Message, Entry, Delivery>;

export const entry = (name: string, slot = 0): Entry => ({ kind: "entry", name, slot });
export const note = (name: string): Message => ({ kind: "note", name });
export const script = (run: (out: Out) => void): Message => ({ kind: "script", run });

/** Someone to send to. */
export const someone = 9;
export const failure = new StorageError("io", "a disk", "made to fail");

class ScriptedRole implements RoleMachine<Message, Entry, Delivery> {
  readonly restored: string[] = [];
  onTick: (out: Out) => void = () => undefined;

  step(_from: number, message: Message, out: Out): void {
    if (message.kind === "script") message.run(out);
  }

  tick(out: Out): void {
    this.onTick(out);
  }

  flush(out: Out): void {
    out.send.push({ to: someone, message: note("flushed") });
  }

  restore(entry: Entry): void {
    this.restored.push(`${entry.name}@${entry.slot}`);
  }

  checkpoint(): readonly Entry[] {
    return [entry("checkpoint")];
  }

  status() {
    return {};
  }
}

const codec: EntryCodec<Entry> = {
  encode: ({ name, slot }) => new TextEncoder().encode(`${name}@${slot}`),
  decode(record) {
    const [name = "", slot = ""] = new TextDecoder().decode(record).split("@");
    return entry(name, Number(slot));
  },
  position: ({ slot }) => slot,
};

export interface StageOptions {
  /** Syncs wait for `finishSync`. */
  readonly later?: boolean;
  /** Records that the log holds already. */
  readonly records?: readonly string[];
  readonly segmentBytes?: number;
}

export class Stage {
  readonly events: string[] = [];
  readonly role = new ScriptedRole();
  readonly driver: Driver<Message, Entry, Delivery>;
  readonly failures: StorageError[] = [];
  /** What fails from now on. */
  failing: "append" | "sync" | "rotate" | "trim" | undefined;
  #syncs: ((failure?: StorageError) => void)[] = [];
  #segmentBytes = 0;

  constructor({ later = false, records = [], segmentBytes = 1_000_000 }: StageOptions = {}) {
    const attempt = (action: "append" | "rotate" | "trim", what: string): void => {
      if (this.failing === action) throw failure;
      this.events.push(`${action} ${what}`);
    };
    const segmentSize = (): number => this.#segmentBytes;
    const log: Log = {
      recover: (visit) => {
        for (const record of records) visit(new TextEncoder().encode(record));
        return { records: records.length, sizeBytes: 0, tornBytes: 0 };
      },
      append: (record) => {
        attempt("append", new TextDecoder().decode(record));
        this.#segmentBytes += record.length;
      },
      sync: (done) => {
        this.events.push("sync");
        if (later) this.#syncs.push(done);
        else done(this.failing === "sync" ? failure : undefined);
      },
      get segmentBytes() {
        return segmentSize();
      },
      sizeBytes: 0,
      rotate: (checkpoint) => {
        attempt("rotate", checkpoint.map((record) => new TextDecoder().decode(record)).join());
        this.#segmentBytes = 0;
      },
      trim: (position) => attempt("trim", String(position)),
      close: () => undefined,
    };
    this.driver = new Driver<Message, Entry, Delivery>({
      role: this.role,
      log,
      codec,
      send: (_to, message) => {
        if (message.kind === "note" && message.name !== "flushed") this.events.push(`send ${message.name}`);
      },
      deliver: (delivery, out) => delivery(out),
      failed: (reason) => this.failures.push(reason),
      segmentBytes,
    });
  }

  /** Syncs that have begun and not ended. */
  get syncing(): number {
    return this.#syncs.length;
  }

  /** Ends the oldest sync. */
  finishSync(reason?: StorageError): void {
    const done = this.#syncs.shift();
    if (done === undefined) throw new Error("no sync has begun");
    this.events.push("synced");
    done(reason);
  }

  /** Gives the role these scripts in one turn, and returns what happened. */
  turn(...scripts: ((out: Out) => void)[]): readonly string[] {
    for (const run of scripts) this.driver.post(someone, script(run));
    const before = this.events.length;
    this.driver.turn();
    return this.events.slice(before);
  }
}

/** A vote: an entry, and what may leave once it is durable. */
export const vote =
  (name: string, slot = 0) =>
  (out: Out): void => {
    out.persist.push(entry(name, slot));
    out.sendAfterPersist.push({ to: someone, message: note(`after ${name}`) });
  };

export const say =
  (name: string) =>
  (out: Out): void =>
    void out.send.push({ to: someone, message: note(name) });
