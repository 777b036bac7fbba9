/**
 * What must hold of a run of Multi-Paxos, watched from outside: all messages as they leave, all deliveries.
 */
import { countAcceptors, hasAcceptor, nodeOf, noAcceptors, withAcceptor } from "../../src/index.ts";
import type { AcceptorSet, Address, Value } from "../../src/index.ts";
import type { Accept, Configuration, Message } from "../../src/multi/index.ts";
import { text } from "./stage.ts";

interface Vote {
  readonly ballot: number;
  readonly value: string;
}

/** Grows a map of maps. */
function inner<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

export class Oracle {
  readonly #configuration: Configuration;
  /** Slot, then ballot: the value proposed. */
  readonly #proposals = new Map<number, Map<number, string>>();
  /** Slot, then ballot: the acceptors that voted. */
  readonly #votes = new Map<number, Map<number, AcceptorSet>>();
  /** Slot, then ballot: the acceptors that voted or, when the vote was lost on its way, reported that they had. */
  readonly #cast = new Map<number, Map<number, AcceptorSet>>();
  /** Slot: the value chosen, by count of votes. */
  readonly #chosen = new Map<number, { readonly ballot: number; readonly value: string }>();
  #chosenThrough = 0;
  /** Acceptor: the highest ballot in an answer that left it. */
  readonly #bound = new Map<number, number>();
  /** Ballot: the acceptors that promised it. */
  readonly #promises = new Map<number, AcceptorSet>();
  /** Ballot: the life of a proposer that uses it. */
  readonly #owners = new Map<number, string>();
  readonly #requested = new Set<string>();
  /** The last slot that some learner has applied, and so may have told a client of. */
  #applied = 0;
  readonly counts = { chosen: 0, noOps: 0, reads: 0, ballots: 0 };

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  get applied(): number {
    return this.#applied;
  }

  requested(command: string): void {
    this.#requested.add(command);
  }

  /** A message leaves a role. `life` tells the lives of one role apart. */
  left(from: Address, life: number, message: Message): void {
    const node = nodeOf(from);
    switch (message.kind) {
      case "Prepare":
        return this.#owns(message.ballot, `${from} in life ${life}`);
      case "Accept":
        this.#owns(message.ballot, `${from} in life ${life}`);
        this.#through(message.commitPoint, "the commit point of an Accept");
        return this.#proposed(message);
      case "Heartbeat":
        return this.#through(message.commitPoint, "the commit point of a Heartbeat");
      case "Promised":
        this.#bind(node, message.ballot);
        this.#promises.set(message.ballot, withAcceptor(this.#promises.get(message.ballot) ?? noAcceptors, node));
        for (const { slot, ballot, value } of message.accepted) this.#reported(node, slot, ballot, text(value));
        return this.#through(message.chosenThrough, "what a Promised reports as chosen");
      case "Accepted":
      case "AcceptedValue":
        this.#bind(node, message.ballot);
        return this.#voted(node, message.ballot, message.slot);
      case "HeartbeatAck":
        return this.#keeps(node, message.ballot);
      case "Chosen":
        for (const [index, { value }] of message.values.entries()) {
          this.#agrees(message.from + index, value, "an answer to CatchUp");
        }
        return;
      default:
        return;
    }
  }

  /** A learner delivers. */
  delivered(slot: number, value: Value): void {
    this.#agrees(slot, value, "a delivery");
    this.#applied = Math.max(this.#applied, slot);
  }

  #owns(ballot: number, who: string): void {
    const owner = inner(this.#owners, ballot, () => who);
    if (owner !== who) throw new Error(`ballot ${ballot} is used by ${who} and by ${owner}`);
    this.counts.ballots = this.#owners.size;
  }

  /** Promises and votes bind over crashes: an acceptor never answers below an answer that left it. */
  #bind(node: number, ballot: number): void {
    this.#keeps(node, ballot);
    this.#bound.set(node, ballot);
  }

  #keeps(node: number, ballot: number): void {
    const bound = this.#bound.get(node) ?? 0;
    if (ballot < bound) throw new Error(`acceptor ${node} answers ballot ${ballot} after ballot ${bound}`);
  }

  #proposed({ ballot, slot, value }: Accept): void {
    const ofSlot = inner(this.#proposals, slot, () => new Map<number, string>());
    const proposed = ofSlot.get(ballot);
    const what = text(value);
    if (proposed === what) return;
    if (proposed !== undefined) throw new Error(`ballot ${ballot} proposes ${proposed} and ${what} for slot ${slot}`);
    for (const command of what === "-" ? [] : what.split(/(?<=;)/)) {
      if (!this.#requested.has(command)) throw new Error(`nobody asked for ${command}`);
    }
    if (!this.#allowedByP2c(ballot, slot, what)) throw new Error(`P2c forbids ${what} in ${ballot} for slot ${slot}`);
    ofSlot.set(ballot, what);
  }

  /** *Paxos Made Simple* §2.2, P2c, by trying every phase 1 quorum among those that promised. */
  #allowedByP2c(ballot: number, slot: number, value: string): boolean {
    const promised = this.#promises.get(ballot) ?? noAcceptors;
    for (let set = promised; set !== 0; set = (set - 1) & promised) {
      if (countAcceptors(set) < this.#configuration.quorums.phase1) continue;
      const highest = this.#highestVote(set, ballot, slot);
      if (highest === undefined || highest.value === value) return true;
    }
    return false;
  }

  #highestVote(set: AcceptorSet, below: number, slot: number): Vote | undefined {
    let highest: Vote | undefined;
    for (const [ballot, voters] of this.#cast.get(slot) ?? []) {
      if (ballot >= below || (voters & set) === 0 || ballot < (highest?.ballot ?? 0)) continue;
      highest = { ballot, value: this.#valueOf(ballot, slot) };
    }
    return highest;
  }

  #valueOf(ballot: number, slot: number): string {
    const value = this.#proposals.get(slot)?.get(ballot);
    if (value === undefined) throw new Error(`a vote for ballot ${ballot} and slot ${slot}, which nobody proposed`);
    return value;
  }

  #reported(node: number, slot: number, ballot: number, value: string): void {
    const proposed = this.#valueOf(ballot, slot);
    if (proposed !== value)
      throw new Error(`reported ${value} in ${ballot} for slot ${slot}, proposed was ${proposed}`);
    const ofSlot = inner(this.#cast, slot, () => new Map<number, AcceptorSet>());
    ofSlot.set(ballot, withAcceptor(ofSlot.get(ballot) ?? noAcceptors, node));
  }

  #voted(node: number, ballot: number, slot: number): void {
    const value = this.#valueOf(ballot, slot);
    this.#reported(node, slot, ballot, value);
    const ofSlot = inner(this.#votes, slot, () => new Map<number, AcceptorSet>());
    if (hasAcceptor(ofSlot.get(ballot) ?? noAcceptors, node)) return;
    const voters = withAcceptor(ofSlot.get(ballot) ?? noAcceptors, node);
    ofSlot.set(ballot, voters);
    if (countAcceptors(voters) < this.#configuration.quorums.phase2) return;
    const before = this.#chosen.get(slot);
    if (before !== undefined && before.value !== value) {
      throw new Error(`slot ${slot}: ${before.value} chosen in ${before.ballot}, ${value} in ${ballot}`);
    }
    if (before !== undefined) return;
    this.#chosen.set(slot, { ballot, value });
    this.counts.chosen += 1;
    if (value === "-") this.counts.noOps += 1;
  }

  #agrees(slot: number, value: Value, where: string): void {
    const chosen = this.#chosen.get(slot);
    if (chosen?.value === text(value)) return;
    throw new Error(`${where} has ${text(value)} for slot ${slot}, chosen is ${chosen?.value ?? "nothing"}`);
  }

  #through(slot: number, where: string): void {
    while (this.#chosen.has(this.#chosenThrough + 1)) this.#chosenThrough += 1;
    if (slot > this.#chosenThrough) throw new Error(`${where} is ${slot}, chosen is all up to ${this.#chosenThrough}`);
  }

  /** A learner answers a read from the state at `applied`, asked when `floor` had been applied somewhere. */
  read(applied: number, floor: number): void {
    this.counts.reads += 1;
    if (applied < floor) throw new Error(`a read is answered at slot ${applied}, asked after slot ${floor}`);
  }
}
