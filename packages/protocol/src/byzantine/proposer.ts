/**
 * The proposer of Byzantine Paxos: every one knows what clients ask for, the one that owns the ballot leads, and the
 * others see to it that nothing is left undone. What is late they relay to each other; when that does not help they
 * doubt the leader.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import { keyOf } from "../digest.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { Value } from "../value.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Doubts } from "./doubts.ts";
import { Leadership } from "./leadership.ts";
import type { Entry, Message, NewView, Payload, Promised, Relayed, Request, Served } from "./messages.ts";
import type { Slot, Standing } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { firstBallot, firstView, isProved, viewOf } from "./proof.ts";
import { Promises } from "./promises.ts";
import { believedBy } from "./quorums.ts";
import { RequestPool, type Pending } from "./request-pool.ts";
import { promiseRow } from "./seals.ts";

const unsigned = new Uint8Array(0);

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #self: Address;
  readonly #ownAcceptor: Address;
  readonly #pool: RequestPool;
  readonly #doubts: Doubts;

  /** The highest ballot that it has led: on stable storage before anything of it leaves. */
  #led: Ballot = noBallot;
  /** Where its acceptor stands. */
  #ballot: Ballot = noBallot;
  #stable: Slot = 0;
  #chosenThrough: Slot = 0;
  readonly #promises: Promises;
  #leadership: Leadership | undefined;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#self = addressOf("proposer", node);
    this.#ownAcceptor = addressOf("acceptor", node);
    this.#pool = new RequestPool(configuration.limits, believedBy(configuration.quorums));
    this.#promises = new Promises(configuration.digest);
    this.#doubts = new Doubts(configuration.timing);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, this.#self, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Relayed":
        return this.#relayed(nodeOf(from), message, out);
      case "Standing":
        return this.#standing(message, out);
      case "Served":
        return this.#serve(message);
      case "Promised":
        return this.#promised(from, message, out);
      case "Payload":
        return this.#payload(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#leadership?.tick(out);
    this.#pool.tick();
    for (const pending of this.#pool) this.#relayWhenLate(pending, out);
    if (!this.#doubts.tick(this.#pool.oldest?.key)) return;
    out.send.push({ to: this.#ownAcceptor, message: { kind: "Doubted", ballot: this.#ballot } });
  }

  flush(out: Output): void {
    this.#leadership?.flush(this.#pool, out);
  }

  restore(entry: Entry): void {
    if (entry.kind === "Entered") this.#led = Math.max(this.#led, entry.ballot);
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Entered", ballot: this.#led }];
  }

  status(): RoleStatus {
    return {
      state: this.#leadership !== undefined ? "leading" : this.#promises.size > 0 ? "preparing" : "following",
      ballot: this.#ballot,
      leader: ballotOwner(this.#ballot, this.#configuration.nodes.length),
      slotsInFlight: this.#leadership?.slotsInFlight ?? 0,
      pending: this.#pool.size,
      queuedBytes: this.#pool.sizeBytes,
    };
  }

  #request(from: Address, { sequence, command }: Request, out: Output): void {
    const digest = this.#configuration.digest(command);
    const pending = this.#pool.add(keyOf(digest), digest, command, this.#configuration.timing.retryTicks);
    // Another may have had room for it, and lead.
    this.#vouch(digest, out);
    if (pending === undefined) out.send.push({ to: from, message: { kind: "Overloaded", sequence } });
  }

  #vouch(digest: Uint8Array, out: Output): void {
    out.send.push({ to: this.#ownAcceptor, message: { kind: "Vouched", digest } });
  }

  /** As what its clients asked for it takes what f + 1 proposers relay. */
  #relayed(node: number, { command }: Relayed, out: Output): void {
    const digest = this.#configuration.digest(command);
    const key = keyOf(digest);
    if (this.#pool.has(key)) return;
    if (!this.#pool.relayed(node, key)) return;
    this.#pool.add(key, digest, command, this.#configuration.timing.retryTicks);
    this.#vouch(digest, out);
  }

  /** What is late is told to the others, and once more to the own acceptor, which may have begun anew; ever more rarely. */
  #relayWhenLate(pending: Pending, out: Output): void {
    if (pending.ageTicks < pending.relayTicks) return;
    pending.relayTicks += Math.max(this.#configuration.timing.retryTicks, Math.floor(pending.relayTicks / 2));
    this.#vouch(pending.digest, out);
    const message: Relayed = { kind: "Relayed", command: pending.command };
    for (const node of this.#configuration.nodes) {
      if (node !== this.#node) out.send.push({ to: addressOf("proposer", node), message });
    }
  }

  #standing({ ballot, stable, chosenThrough }: Standing, out: Output): void {
    this.#stable = stable;
    this.#chosenThrough = Math.max(this.#chosenThrough, chosenThrough);
    if (ballot > this.#ballot) this.#entered(ballot, out);
    this.#leadership?.stands(stable, this.#chosenThrough);
  }

  #entered(ballot: Ballot, out: Output): void {
    this.#ballot = ballot;
    this.#doubts.entered(ballot);
    // The promises of others may have come before the word of its own acceptor: then it leads this ballot already.
    if (this.#leadership !== undefined && this.#leadership.ballot < ballot) {
      this.#leadership = undefined;
      this.#pool.release();
    }
    if (ballot === firstBallot && this.#owns(firstBallot) && this.#led < firstBallot) {
      this.#lead(new Leadership(this.#configuration, firstBallot, firstView, new Map(), undefined), out);
    }
  }

  #serve({ through, commands }: Served): void {
    this.#chosenThrough = Math.max(this.#chosenThrough, through);
    this.#leadership?.stands(this.#stable, this.#chosenThrough);
    for (const { digest } of commands) {
      this.#doubts.served(keyOf(digest));
      this.#pool.served(keyOf(digest));
    }
  }

  /** Phase 1b: an acceptor has left the ballots below, and shows what it has voted for. */
  #promised(from: Address, promised: Promised, out: Output): void {
    const { ballot } = promised;
    if (!this.#owns(ballot)) return;
    if (this.#leadership?.ballot === ballot) return this.#leadership.show(from, out);
    if (ballot <= this.#led || ballot < this.#ballot) return;
    const row = promiseRow(nodeOf(from), promised);
    if (!isProved(this.#configuration, ballot, row)) return;
    this.#promises.add(ballot, row);
    this.#want(this.#promises.ask(nodeOf(from)), from, out);
    this.#begin(ballot, out);
  }

  /** What is lost is asked for again when the promise comes again. */
  #want(slot: Slot | undefined, from: Address, out: Output): void {
    if (slot !== undefined) out.send.push({ to: from, message: { kind: "Wanted", slot } });
  }

  #payload(from: Address, payload: Payload, out: Output): void {
    const ballot = this.#promises.keep(nodeOf(from), payload);
    this.#want(this.#promises.askNext(nodeOf(from)), from, out);
    if (ballot !== undefined) this.#begin(ballot, out);
  }

  /** With the promises of a quorum it leads: what they show is what its first proposals must be. */
  #begin(ballot: Ballot, out: Output): void {
    const promises = this.#promises.complete(ballot);
    const view = viewOf(this.#configuration, ballot, promises);
    if (view === undefined) return;
    const values = new Map<string, Value>();
    for (const key of view.required.values()) {
      const value = this.#promises.value(key);
      if (value !== undefined) values.set(key, value);
    }
    this.#promises.forget(ballot);
    this.#pool.release();
    const newView: NewView = { kind: "NewView", ballot, promises, signature: unsigned };
    this.#lead(new Leadership(this.#configuration, ballot, view, values, newView), out);
  }

  #lead(leadership: Leadership, out: Output): void {
    this.#led = leadership.ballot;
    out.persist.push({ kind: "Entered", ballot: this.#led });
    this.#leadership = leadership;
    leadership.stands(this.#stable, this.#chosenThrough);
    leadership.announce(out);
  }

  #owns(ballot: Ballot): boolean {
    return ballotOwner(ballot, this.#configuration.nodes.length) === this.#node;
  }
}
