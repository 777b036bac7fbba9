/**
 * Transcripts of multi-Paxos roles, as text that a reviewer can read: blocks of commands, and below the line all that
 * they make the roles do, in order.
 *
 *     # a comment
 *     nodes 3 [phase1=2 phase2=2] [learning=every]
 *     acceptor 1: Prepare ballot=4 from=1 by proposer 1
 *     ----
 *     acceptor 1 persists Prepare ballot=4 from=1
 *     acceptor 1 after persist, to proposer 1: Promised ballot=4 from=1 chosenThrough=0 accepted= next=0
 *
 * A role comes to life when it is first named. Besides messages it takes `ticks N`, `restart` (what was persisted
 * survives, and nothing else), `status`, and for a learner `installed N` and `snapshotted N`. Fields that a command
 * leaves out are 0 or empty. Accepted proposals are written `slot:ballot:value`; `-` is a no-op.
 */
import {
  addressOf,
  flexible,
  majority,
  nodeOf,
  roleOf,
  showAddress,
  type Address,
  unchanged,
} from "../../src/index.ts";
import type { Role, RoleMachine } from "../../src/index.ts";
import { Acceptor, configurationOf, Learner, Proposer } from "../../src/multi/index.ts";
import type { Configuration, Delivery, Entry, Message } from "../../src/multi/index.ts";
import { text, turn, value, type Did } from "./stage.ts";

/** `name=value` words. */
class Fields {
  readonly #values: ReadonlyMap<string, string>;

  constructor(words: readonly string[]) {
    this.#values = new Map(words.map((word) => [word.split("=", 1).join(), word.slice(word.indexOf("=") + 1)]));
  }

  text(name: string): string {
    return this.#values.get(name) ?? "";
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  bytes(name: string): Uint8Array {
    return value(this.text(name) === "-" ? "" : this.text(name));
  }

  list(name: string): readonly string[] {
    return this.text(name) === "" ? [] : this.text(name).split(",");
  }
}

const messageOf: Readonly<Record<string, (fields: Fields) => Message>> = {
  Request: (f) => ({ kind: "Request", sequence: f.number("sequence"), command: f.bytes("command") }),
  Prepare: (f) => ({ kind: "Prepare", ballot: f.number("ballot"), from: f.number("from") }),
  Promised: (f) => ({
    kind: "Promised",
    ballot: f.number("ballot"),
    from: f.number("from"),
    chosenThrough: f.number("chosenThrough"),
    accepted: f.list("accepted").map((each) => {
      const [slot, ballot, what = ""] = each.split(":");
      return { slot: Number(slot), ballot: Number(ballot), value: value(what === "-" ? "" : what) };
    }),
    next: f.number("next"),
    memberships: unchanged,
  }),
  Accept: (f) => ({
    kind: "Accept",
    ballot: f.number("ballot"),
    slot: f.number("slot"),
    commitPoint: f.number("commitPoint"),
    value: f.bytes("value"),
  }),
  Accepted: (f) => ({ kind: "Accepted", ballot: f.number("ballot"), slot: f.number("slot") }),
  AcceptedValue: (f) => ({
    kind: "AcceptedValue",
    ballot: f.number("ballot"),
    slot: f.number("slot"),
    commitPoint: f.number("commitPoint"),
    value: f.bytes("value"),
  }),
  Rejected: (f) => ({ kind: "Rejected", ballot: f.number("ballot"), promised: f.number("promised") }),
  Heartbeat: (f) => ({
    kind: "Heartbeat",
    ballot: f.number("ballot"),
    commitPoint: f.number("commitPoint"),
    round: f.number("round"),
    memberships: unchanged,
  }),
  HeartbeatAck: (f) => ({
    kind: "HeartbeatAck",
    ballot: f.number("ballot"),
    round: f.number("round"),
    chosenThrough: 0,
  }),
  Probe: (f) => ({ kind: "Probe", round: f.number("round") }),
  ProbeReply: (f) => ({
    kind: "ProbeReply",
    round: f.number("round"),
    promised: f.number("promised"),
    leaderSilent: f.text("leaderSilent") === "true",
    chosenThrough: 0,
    memberships: unchanged,
  }),
  Read: (f) => ({
    kind: "Read",
    sequence: f.number("sequence"),
    learner: f.number("learner"),
    query: f.bytes("query"),
  }),
  ReadAt: (f) => ({ kind: "ReadAt", slot: f.number("slot"), client: f.number("client"), query: f.bytes("query") }),
  CatchUp: (f) => ({ kind: "CatchUp", from: f.number("from") }),
  Chosen: (f) => ({
    kind: "Chosen",
    from: f.number("from"),
    values: f.list("values").map((what) => ({ value: value(what === "-" ? "" : what) })),
    trimmedThrough: f.number("trimmedThrough"),
  }),
  Trim: (f) => ({ kind: "Trim", slot: f.number("slot"), memberships: unchanged }),
  FetchSnapshot: (f) => ({ kind: "FetchSnapshot", slot: f.number("slot"), offset: f.number("offset") }),
  SnapshotPart: (f) => ({
    kind: "SnapshotPart",
    slot: f.number("slot"),
    offset: f.number("offset"),
    sizeBytes: f.number("sizeBytes"),
    bytes: f.bytes("bytes"),
  }),
};

function showField(field: unknown): string {
  if (field instanceof Uint8Array) return text(field);
  if (!Array.isArray(field)) return String(field);
  return field.map((row: object) => Object.values(row).map(showField).join(":")).join(",");
}

function showRecord({ kind, ...fields }: { readonly kind: string }): string {
  // Where members never change, nothing is said of them.
  const shown = Object.entries(fields).filter(([name, field]) => name !== "memberships" || field !== unchanged);
  return [kind, ...shown.map(([name, field]) => `${name}=${showField(field)}`)].join(" ");
}

function addressFrom(words: string): Address {
  const [name, node] = words.trim().split(" ");
  const role = (["client", "proposer", "acceptor", "learner"] as const).find((each) => each === name);
  if (role === undefined) throw new Error(`expected a role, got ${words}`);
  return addressOf(role, Number(node));
}

/** `acceptor 1, 2, 3 and learner 1`. */
function showAddresses(addresses: readonly Address[]): string {
  const byRole = Map.groupBy(addresses, (address): Role => roleOf(address));
  return [...byRole].map(([role, those]) => `${role} ${those.map(nodeOf).join(", ")}`).join(" and ");
}

/** A line per message, with all who get it. */
function showSent(envelopes: Did["send"], when: string): readonly string[] {
  const shown = Map.groupBy(envelopes, ({ message }) => showRecord(message));
  return [...shown].map(([message, those]) => `${when} to ${showAddresses(those.map(({ to }) => to))}: ${message}`);
}

class Stage {
  #configuration: Configuration = configurationOf(3);
  readonly #roles = new Map<Address, RoleMachine<Message, Entry, Delivery>>();
  readonly #persisted = new Map<Address, Entry[]>();

  /** Carries out one command; returns what it made a role do. */
  run(line: string): readonly string[] {
    if (line.startsWith("nodes ")) {
      const [, count, ...words] = line.split(" ");
      const fields = new Fields(words);
      const quorums =
        fields.text("phase1") === ""
          ? majority(Number(count))
          : flexible(Number(count), fields.number("phase1"), fields.number("phase2"));
      const learning = fields.text("learning") === "every" ? "every" : "distinguished";
      this.#configuration = configurationOf(Number(count), { quorums, learning });
      this.#roles.clear();
      this.#persisted.clear();
      return [];
    }
    const address = addressFrom(line.slice(0, line.indexOf(":")));
    return this.#command(address, line.slice(line.indexOf(":") + 1).trim());
  }

  #command(address: Address, command: string): readonly string[] {
    const [body = "", sender] = command.split(" by ");
    const [name = "", ...words] = body.split(" ");
    const role = name === "restart" ? this.#restart(address) : (this.#roles.get(address) ?? this.#restart(address));
    if (name === "restart") return [];
    if (name === "status") return [`${showAddress(address)} is ${showRecord({ kind: "", ...role.status() }).trim()}`];
    return this.#show(
      address,
      turn((out) => {
        if (name === "ticks") for (let ticks = Number(words[0]); ticks > 0; ticks--) role.tick(out);
        else if (name === "installed" && role instanceof Learner) role.installed(Number(words[0]), out, unchanged);
        else if (name === "snapshotted" && role instanceof Learner) role.snapshotted(Number(words[0]), out, unchanged);
        else role.step(addressFrom(sender ?? ""), this.#message(name, words), out);
        role.flush(out);
      }),
    );
  }

  #message(name: string, words: readonly string[]): Message {
    const build = messageOf[name];
    if (build === undefined) throw new Error(`expected a message, got ${name}`);
    return build(new Fields(words));
  }

  #restart(address: Address): RoleMachine<Message, Entry, Delivery> {
    const role = this.#newRole(roleOf(address), nodeOf(address));
    for (const entry of this.#persisted.get(address) ?? []) role.restore(entry);
    this.#roles.set(address, role);
    return role;
  }

  #newRole(role: Role, node: number): RoleMachine<Message, Entry, Delivery> {
    switch (role) {
      case "proposer":
        return new Proposer(this.#configuration, node, () => 0);
      case "acceptor":
        return new Acceptor(this.#configuration, node);
      case "learner":
        return new Learner(this.#configuration, node);
      default:
        throw new Error("expected a proposer, an acceptor or a learner");
    }
  }

  #show(address: Address, { send, persist, sendAfterPersist, deliver, trimThrough }: Did): readonly string[] {
    this.#persisted.set(address, [...(this.#persisted.get(address) ?? []), ...persist]);
    const who = showAddress(address);
    return [
      ...deliver.map((delivery) => `${who} delivers ${showRecord(delivery)}`),
      ...showSent(send, who),
      ...persist.map((entry) => `${who} persists ${showRecord(entry)}`),
      ...showSent(sendAfterPersist, `${who} after persist,`),
      ...(trimThrough > 0 ? [`${who} needs nothing up to slot ${trimThrough} any more`] : []),
    ];
  }
}

/** Runs the commands of a transcript, and returns it with what they did. */
export function replay(transcript: string): string {
  const stage = new Stage();
  const blocks = transcript.trim().split(/\n{2,}/);
  return `${blocks.map((block) => replayBlock(block.split("\n"), stage)).join("\n\n")}\n`;
}

function replayBlock(lines: readonly string[], stage: Stage): string {
  const end = lines.indexOf("----");
  const input = end === -1 ? lines : lines.slice(0, end);
  const commands = input.filter((line) => !line.startsWith("#"));
  if (commands.length === 0) return input.join("\n");
  const done = commands.flatMap((line) => stage.run(line));
  return [...input, "----", ...(done.length === 0 ? ["nothing"] : done)].join("\n");
}
