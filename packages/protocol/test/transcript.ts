/**
 * Transcripts: what a single role does, as text that a reviewer can read. A transcript is a list of blocks
 *
 *     # a comment
 *     prepare 4 from proposer 2
 *     ----
 *     persist Prepare ballot 4
 *     after persist, to proposer 2: Promised ballot 4 acceptedBallot 0 acceptedValue -
 *
 * of one or more commands, and below the line all that they make the role do, in order. The commands:
 *
 *     acceptor proposers=2 learners=1,2
 *     proposer node=1 proposers=2 acceptors=3 retry=10 delay=4 [phase1=2 phase2=2] [distinguished=1] [used=19]
 *     learner  acceptors=3 proposers=2 [phase1=2 phase2=2] [tells=2,3] [clients=1] retry=5
 *     request V | prepare N | promised N [having M V] | accept N V | accepted N V | rejected N by M | learned N V |
 *         inquire, each with: from ROLE NODE
 *     ticks N
 *     restart             what was persisted survives, and nothing else
 *     status
 */
import { addressOf, nodeOf, roleOf, type Address, type Role } from "../src/address.ts";
import { newOutput, type Envelope, type RoleMachine } from "../src/output.ts";
import { flexible, majority, type QuorumSystem } from "../src/quorum.ts";
import { Acceptor } from "../src/basic/acceptor.ts";
import { fixedDelay } from "../src/basic/delay.ts";
import { Learner } from "../src/basic/learner.ts";
import type { Delivery, Output } from "../src/basic/delivery.ts";
import type { Entry, Message } from "../src/basic/messages.ts";
import { Proposer } from "../src/basic/proposer.ts";

const encode = (text: string) => new TextEncoder().encode(text === "-" ? "" : text);
const decode = (value: Uint8Array) => new TextDecoder().decode(value) || "-";

/** A role with what it has persisted; each method returns lines that say what it did. */
interface Actor {
  step(from: Address, message: Message): readonly string[];
  ticks(count: number): readonly string[];
  restart(): readonly string[];
  status(): readonly string[];
}

function actor(create: () => RoleMachine<Message, Entry, Delivery>, persistedBefore: readonly Entry[] = []): Actor {
  const persisted: Entry[] = [...persistedBefore];
  const recovered = () => {
    const machine = create();
    for (const entry of persisted) machine.restore(entry);
    return machine;
  };
  let machine = recovered();
  const during = (action: (out: Output) => void): readonly string[] => {
    const out: Output = newOutput();
    action(out);
    machine.flush(out);
    persisted.push(...out.persist);
    return [
      ...out.deliver.map((delivery) => `deliver ${showFields(delivery)}`),
      ...showEnvelopes(out.send),
      ...out.persist.map((entry) => `persist ${showFields(entry)}`),
      ...showEnvelopes(out.sendAfterPersist).map((line) => `after persist, ${line}`),
    ];
  };
  return {
    step: (from, message) => during((out) => machine.step(from, message, out)),
    ticks: (count) =>
      during((out) => {
        for (let tick = 0; tick < count; tick++) machine.tick(out);
      }),
    restart: () => {
      machine = recovered();
      return [];
    },
    status: () => [showFields(machine.status())],
  };
}

/** A line per message, with all who get it. */
function showEnvelopes(envelopes: readonly Envelope<Message>[]): readonly string[] {
  const recipients = new Map<string, Address[]>();
  for (const { to, message } of envelopes) {
    const shown = showFields(message);
    recipients.set(shown, [...(recipients.get(shown) ?? []), to]);
  }
  return [...recipients].map(([shown, to]) => `to ${showAddresses(to)}: ${shown}`);
}

/** `proposer 1 and learner 1, 2`. */
function showAddresses(addresses: readonly Address[]): string {
  const nodes = Map.groupBy(addresses, roleOf);
  return [...nodes].map(([role, those]) => `${role} ${those.map(nodeOf).join(", ")}`).join(" and ");
}

function showFields(record: object): string {
  return Object.entries(record)
    .map(([name, value]) =>
      name === "kind" ? value : `${name} ${value instanceof Uint8Array ? decode(value) : value}`,
    )
    .join(" ");
}

/** Settings of a role, `name=value`. */
class Settings {
  readonly #values: ReadonlyMap<string, string>;

  constructor(words: readonly string[]) {
    this.#values = new Map(words.map((word) => [word.split("=", 1).join(), word.slice(word.indexOf("=") + 1)]));
  }

  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : Number(value);
  }

  required(name: string): number {
    const value = this.number(name);
    if (value === undefined) throw new Error(`expected ${name}=`);
    return value;
  }

  addresses(name: string, role: Role): readonly Address[] {
    return (this.#values.get(name)?.split(",") ?? []).map((node) => addressOf(role, Number(node)));
  }

  get quorums(): QuorumSystem {
    const [acceptors, phase1, phase2] = [this.required("acceptors"), this.number("phase1"), this.number("phase2")];
    return phase1 === undefined || phase2 === undefined ? majority(acceptors) : flexible(acceptors, phase1, phase2);
  }
}

function actorOf(role: string, settings: Settings): Actor {
  switch (role) {
    case "acceptor": {
      const learners = settings.addresses("learners", "learner");
      const proposers = settings.required("proposers");
      return actor(() => new Acceptor({ proposers, learners }));
    }
    case "proposer": {
      const distinguished = settings.number("distinguished");
      const options = {
        node: settings.required("node"),
        proposers: settings.required("proposers"),
        quorums: settings.quorums,
        retryTicks: settings.required("retry"),
        delay: fixedDelay(settings.required("delay")),
        ...(distinguished === undefined ? {} : { distinguished }),
      };
      const used = settings.number("used");
      return actor(() => new Proposer(options), used === undefined ? [] : [{ kind: "Prepare", ballot: used }]);
    }
    case "learner": {
      const options = {
        quorums: settings.quorums,
        proposers: settings.required("proposers"),
        tells: settings.addresses("tells", "learner"),
        clients: settings.addresses("clients", "client"),
        retryTicks: settings.required("retry"),
      };
      return actor(() => new Learner(options));
    }
    default:
      throw new Error(`expected acceptor, proposer or learner, got ${role}`);
  }
}

const roles: readonly Role[] = ["client", "proposer", "acceptor", "learner"];

function addressFrom(role = "", node = ""): Address {
  const known = roles.find((each) => each === role);
  if (known === undefined) throw new Error(`expected a role, got ${role}`);
  return addressOf(known, Number(node));
}

/** `accepted 4 V` as the message that it stands for. */
function messageFrom([kind, ...words]: readonly string[]): Message {
  const [first = "", second = "", third = "", fourth = ""] = words;
  const ballot = Number(first);
  const value = encode(second);
  switch (kind) {
    case "request":
      return { kind: "Request", value: encode(first) };
    case "prepare":
      return { kind: "Prepare", ballot };
    case "promised":
      if (second === "") return { kind: "Promised", ballot, acceptedBallot: 0, acceptedValue: encode("-") };
      return { kind: "Promised", ballot, acceptedBallot: Number(third), acceptedValue: encode(fourth) };
    case "accept":
      return { kind: "Accept", ballot, value };
    case "accepted":
      return { kind: "Accepted", ballot, value };
    case "rejected":
      return { kind: "Rejected", ballot, promised: Number(third) };
    case "learned":
      return { kind: "Learned", ballot, value };
    case "inquire":
      return { kind: "Inquire" };
    default:
      throw new Error(`expected a command, got ${kind}`);
  }
}

/** Runs the commands of `text` and returns it with what they did below each block's line. */
export function replay(text: string): string {
  let current: Actor | undefined;
  const run = (line: string): readonly string[] => {
    const words = line.trim().split(/\s+/);
    const [command = "", ...rest] = words;
    if (command === "acceptor" || command === "proposer" || command === "learner") {
      current = actorOf(command, new Settings(rest));
      return [];
    }
    if (current === undefined) throw new Error("expected a role first");
    if (command === "restart") return current.restart();
    if (command === "status") return current.status();
    if (command === "ticks") return current.ticks(Number(rest[0]));
    const sender = words.lastIndexOf("from");
    return current.step(addressFrom(words[sender + 1], words[sender + 2]), messageFrom(words.slice(0, sender)));
  };
  const blocks = text.trim().split(/\n{2,}/);
  return `${blocks.map((block) => replayBlock(block, run)).join("\n\n")}\n`;
}

function replayBlock(block: string, run: (line: string) => readonly string[]): string {
  const lines = block.split("\n");
  const end = lines.indexOf("----");
  const input = end === -1 ? lines : lines.slice(0, end);
  const commands = input.filter((line) => !line.startsWith("#"));
  if (commands.length === 0) return input.join("\n");
  const done = commands.flatMap(run);
  return [...input, "----", ...(done.length === 0 ? ["nothing"] : done)].join("\n");
}
