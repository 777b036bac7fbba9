/**
 * No message of Generalized Paxos is larger than a frame, whatever clients ask for and whatever is lost: a role that
 * wanted to send one would end.
 */
import { addressOf, generalized, limits, newOutput, noOp, nodeOf, roleOf, type Address } from "@synod/protocol";
import { describe, expect, test } from "vitest";
import { FrameWriter, newCodec } from "../src/index.ts";

type Role = generalized.Proposer | generalized.Acceptor | generalized.Learner;
interface Sent {
  readonly from: Address;
  readonly to: Address;
  readonly message: generalized.Message;
}

const client = addressOf("client", 1);
const codec = newCodec<generalized.Message>(generalized.layout);

/** All bounds in bytes, and that of a frame, are so many times smaller where a cluster runs, which takes long otherwise. */
const scale = 64;
const scaled = {
  ...limits,
  valueBytes: limits.valueBytes / scale,
  historyBytes: limits.historyBytes / scale,
  queueBytes: limits.queueBytes / scale,
  answerBytes: limits.answerBytes / scale,
};

/** Bytes of the frame of a message alone; an error when there is none. */
function frameBytes(message: generalized.Message): number {
  const frame = new FrameWriter(codec, { group: 0, checksum: true });
  frame.add(client, client, message);
  return frame.sizeBytes;
}

/** Proposers 1 and 2, and an acceptor and a learner on each of some nodes; what they send arrives at once, or is lost. */
class Cluster {
  readonly configuration: generalized.Configuration;
  readonly #roles = new Map<Address, Role>();
  readonly #sent: Sent[] = [];
  /** By learner: what it has delivered. */
  readonly #delivered = new Map<Address, Set<string>>();
  isLost: (sent: Sent) => boolean = () => false;

  constructor(nodes: number, interference: generalized.Interference) {
    this.configuration = generalized.configurationOf(nodes, { limits: scaled });
    for (const node of this.configuration.nodes) {
      this.#roles.set(addressOf("acceptor", node), new generalized.Acceptor(this.configuration, node));
      this.#roles.set(addressOf("learner", node), new generalized.Learner(this.configuration, interference, node));
    }
    for (const node of [1, 2]) {
      const proposer = new generalized.Proposer(this.configuration, interference, node, () => (node - 1) / 2);
      this.#roles.set(addressOf("proposer", node), proposer);
    }
  }

  /** The command is sent to the acceptors of these nodes. */
  asks(command: Uint8Array, nodes: readonly number[] = this.configuration.nodes): void {
    for (const node of nodes) {
      this.#sent.push({ from: client, to: addressOf("acceptor", node), message: requestOf(command) });
    }
  }

  /** All that is under way arrives, and what comes of it. */
  settles(): void {
    while (this.#sent.length > 0) {
      const sent = this.#sent.splice(0).filter((each) => !this.isLost(each));
      for (const { from, to, message } of sent)
        this.#does(to, (role, out) => {
          role.step(from, message, out);
        });
      for (const to of new Set(sent.map(({ to: each }) => each))) {
        this.#does(to, (role, out) => {
          role.flush(out);
        });
      }
    }
  }

  passes(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) {
      for (const address of this.#roles.keys())
        this.#does(address, (role, out) => {
          role.tick(out);
          role.flush(out);
        });
      this.settles();
    }
  }

  /** Commands of these that not every learner has delivered. */
  undelivered(commands: readonly Uint8Array[]): readonly Uint8Array[] {
    const learners = this.configuration.nodes.map((node) => this.#delivered.get(addressOf("learner", node)));
    return commands.filter((command) => !learners.every((delivered) => delivered?.has(nameOf(command)) === true));
  }

  /** Clients ask again for what they have no answer to, until they have. */
  answersAll(commands: readonly Uint8Array[]): void {
    for (let round = 0; this.undelivered(commands).length > 0; round++) {
      expect(round).toBeLessThan(40);
      for (const command of this.undelivered(commands)) this.asks(command);
      this.settles();
      this.passes(20);
    }
  }

  #does(address: Address, act: (role: Role, out: ReturnType<typeof newGeneralizedOutput>) => void): void {
    const role = this.#roles.get(address);
    if (role === undefined) return;
    const out = newGeneralizedOutput();
    act(role, out);
    const left = [...out.send, ...out.sendAfterPersist];
    for (const message of new Set(left.map((each) => each.message))) {
      expect(frameBytes(message), message.kind).toBeLessThan(limits.frameBytes / scale);
    }
    this.#sent.push(...left.map((each) => ({ from: address, ...each })));
    for (const delivery of out.deliver) if (delivery.kind === "chosen") this.#deliver(address, delivery.value);
  }

  #deliver(learner: Address, value: Uint8Array): void {
    const delivered = this.#delivered.get(learner) ?? new Set();
    this.#delivered.set(learner, delivered.add(nameOf(value)));
  }
}

function newGeneralizedOutput() {
  return newOutput<generalized.Message, generalized.Entry, generalized.Delivery>();
}

function requestOf(command: Uint8Array): generalized.Message {
  return { kind: "Request", sequence: 1, command };
}

/** A command of so many bytes; the first eight tell it from others. */
function commandOf(number: number, sizeBytes: number): Uint8Array {
  const command = new Uint8Array(sizeBytes);
  new DataView(command.buffer).setFloat64(0, number + 1);
  return command;
}

function nameOf(command: Uint8Array): string {
  return `${command.length} ${command.subarray(0, 8).join()}`;
}

const { historyBytes, valueBytes } = scaled;
const nothing: generalized.Interference = () => false;

/** To this node come only the messages of its own learner and of proposers, and no end of an instance. */
function missesEnds(node: number): (sent: Sent) => boolean {
  return ({ from, to, message }) => {
    if (to !== addressOf("acceptor", node) && to !== addressOf("learner", node)) return false;
    return (
      message.kind === "Append" || message.kind === "Chosen" || (nodeOf(from) !== node && roleOf(from) === "learner")
    );
  };
}

describe("no message is larger than a frame", () => {
  test("of an acceptor that misses the end of each instance, and then promises a new leader", () => {
    const cluster = new Cluster(4, nothing);
    cluster.passes(60);
    cluster.isLost = missesEnds(4);
    const commands = Array.from({ length: 20 }, (_, index) => commandOf(index, valueBytes));
    for (const command of commands) {
      cluster.asks(command);
      cluster.settles();
      cluster.passes(1);
    }
    // Three of four go on without it.
    cluster.isLost = (sent) => missesEnds(4)(sent) || sent.from === addressOf("proposer", 1);
    cluster.passes(100);
    cluster.isLost = () => false;
    cluster.answersAll(commands);
  });

  test.each([
    ["commute", nothing],
    ["interfere", generalized.everything],
  ])("when each acceptor has as much as it takes by itself, and no other has that: commands that %s", (_how, is) => {
    const cluster = new Cluster(10, is);
    cluster.passes(60);
    const commands = cluster.configuration.nodes.flatMap((node) => {
      const own = [commandOf(2 * node, historyBytes - 1), commandOf(2 * node + 1, valueBytes)];
      for (const command of own) cluster.asks(command, [node]);
      return own;
    });
    cluster.settles();
    cluster.passes(20);
    cluster.answersAll(commands);
  });
});

/** A history of so many bytes, in as many commands as one may have. */
function longestHistory(configuration: generalized.Configuration, sizeBytes: number): generalized.Commands {
  const commands = generalized.mostCommands(configuration);
  const each = Math.floor(sizeBytes / commands);
  return Array.from({ length: commands }, () => ({ command: new Uint8Array(each) }));
}

describe.each([1, 4, 10])("with %i acceptors", (acceptors) => {
  const configuration = generalized.configurationOf(acceptors);
  const history = longestHistory(configuration, generalized.mostBytes(configuration));
  const most = 2 ** 40;

  test.each<generalized.Message>([
    { kind: "Accept", ballot: most, slot: most, commitPoint: most, isClassic: false, history },
    { kind: "Append", ballot: most, slot: most, from: most, commands: history },
    { kind: "Accepted", ballot: most, slot: most, from: most, commands: history },
    { kind: "Learned", slot: most, history },
  ])("the longest $kind that the rules allow fits", (message) => {
    expect(frameBytes(message)).toBeLessThan(limits.frameBytes);
  });

  test.each([
    ["few large", longestHistory(configuration, limits.answerBytes - 1), 1],
    ["many empty", [], limits.answerValues - 1],
    ["many short", [{ command: Uint8Array.of(1) }, { command: noOp }], Math.floor(limits.answerValues / 3)],
  ])("and an answer does that has all but room for another instance: %s histories", (_what, each, count) => {
    const report = { slot: most, ballot: most, history: each };
    const accepted = [...Array.from({ length: count }, () => report), { ...report, history }];
    const promised = { kind: "Promised", ballot: most, from: most, chosenThrough: most, accepted, next: most } as const;
    expect(frameBytes(promised)).toBeLessThan(limits.frameBytes);
    const values = accepted.flatMap(({ history: of }) => of.map(({ command }) => ({ value: command })));
    expect(frameBytes({ kind: "Chosen", from: most, values, trimmedThrough: most })).toBeLessThan(limits.frameBytes);
  });
});
