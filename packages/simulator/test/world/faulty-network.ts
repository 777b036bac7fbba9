import { addressOf, type Address } from "@synod/protocol";
import { Clock } from "../../src/world/clock.ts";
import type { Drawn, Fault, FaultKind, Ground } from "../../src/world/faults/fault.ts";
import { faultKinds } from "../../src/world/faults/kinds.ts";
import { Network } from "../../src/world/network.ts";
import { noLies } from "../../src/world/lies.ts";
import { goodManners } from "../../src/world/protocol.ts";
import { Randomness } from "../../src/world/randomness.ts";
import { Tally } from "../../src/world/tally.ts";

export function kindOf(name: string): FaultKind {
  const found = faultKinds.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`there is no kind ${name}`);
  return found;
}

export function faultOf(name: string, drawn: Partial<Drawn>, at = 0): Fault {
  return { index: 0, name, at, microseconds: 1_000_000, nodes: [], amount: 0, ...drawn };
}

export interface Arrival {
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** A network of acceptors that only note what arrives, and no faults but those that a test begins. */
export class FaultyNetwork implements Ground {
  readonly clock = new Clock();
  readonly faults = new Tally();
  readonly manners = { ...goodManners };
  readonly lies = { ...noLies };
  readonly victims = new Map();
  readonly administrator = undefined;
  readonly randomness = new Randomness(1);
  readonly arrivals: Arrival[] = [];
  /** Whom those frames came from, as those were told who took them. */
  readonly senders: Address[] = [];
  readonly network = new Network({
    clock: this.clock,
    randomness: this.randomness.stream("network"),
    faults: this.faults,
    latency: { least: 100, most: 200 },
    arrived: (from, to, frame) => this.arrivals.push({ from, to, bytes: frame, at: this.clock.now }),
  });
  readonly #transports = new Map<Address, ReturnType<Network["connect"]>>();

  constructor(nodes: readonly number[]) {
    for (const node of nodes) this.add(addressOf("acceptor", node));
  }

  add(address: Address): void {
    const transport = this.network.connect(address);
    transport.receive((_frame, from) => this.senders.push(from));
    this.#transports.set(address, transport);
  }

  begin(fault: Fault): () => void {
    return kindOf(fault.name).begin(fault, this, this.randomness.stream("fault"));
  }

  send(from: number, to: number, bytes: Uint8Array<ArrayBuffer> = Uint8Array.of(1, 2, 3)): void {
    this.sendTo(addressOf("acceptor", from), addressOf("acceptor", to), bytes);
  }

  sendTo(from: Address, to: Address, bytes: Uint8Array<ArrayBuffer> = Uint8Array.of(1, 2, 3)): void {
    this.#transports.get(from)?.send(to, bytes);
  }

  /** Lets so much time pass. */
  pass(microseconds: number): void {
    const end = this.clock.now + microseconds;
    this.clock.at(end, () => undefined);
    while (this.clock.step(end));
  }

  /** Who hears whom: a line for each sender, a mark for each receiver. */
  picture(nodes: readonly number[]): readonly string[] {
    return nodes.map((from) =>
      nodes
        .map((to) => {
          const before = this.arrivals.length;
          this.send(from, to);
          this.pass(1000);
          return this.arrivals.length > before ? "x" : ".";
        })
        .join(""),
    );
  }
}
