/**
 * The acceptor of Byzantine Paxos: it verifies what the leader proposes with the others, votes for what a quorum has
 * verified, leaves a ballot whose leader enough of them suspect, and believes the next leader only what is proved.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { ballotOwner, type Ballot } from "../ballot.ts";
import { commandsOf } from "../commands.ts";
import { keyOf } from "../digest.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { Value } from "../value.ts";
import { AcceptorKeeper } from "./acceptor-keeper.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { HeldProposals, Proposal } from "./held-proposals.ts";
import type { Accept, Checkpoint, Doubted, Entry, Learned, Message, NewView, Slot, Suspected } from "./messages.ts";
import type { Verify, Wanted } from "./messages.ts";
import { Permits } from "./permits.ts";
import { isPlausible } from "./plausible.ts";
import { firstBallot, firstView, viewOf, type View } from "./proof.ts";
import { believedBy } from "./quorums.ts";
import { Suspicions } from "./suspicions.ts";
import { Voting, type Vote } from "./voting.ts";

/** In the place of a signature, until the message leaves. */
export const unsigned = new Uint8Array(0);

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #self: Address;
  readonly #ownProposer: Address;
  readonly #ownLearner: Address;
  readonly #acceptors: readonly Address[];
  readonly #learners: readonly Address[];

  #ballot: Ballot = firstBallot;
  /** How the ballot began; undefined until its leader has proved that. */
  #view: View | undefined = firstView;
  readonly #voting: Voting;
  /** Proposals of this ballot that must wait, for the view or for a command. */
  readonly #held = new HeldProposals();
  readonly #permits = new Permits();
  readonly #suspicions: Suspicions;
  readonly #checkpoints: Checkpoints;
  readonly #keeper: AcceptorKeeper;
  #ticks = 0;
  /** It has told its own proposer where it stands. */
  #announced = false;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#self = addressOf("acceptor", node);
    this.#ownProposer = addressOf("proposer", node);
    this.#ownLearner = addressOf("learner", node);
    this.#acceptors = configuration.nodes.map((each) => addressOf("acceptor", each));
    this.#learners = configuration.nodes.map((each) => addressOf("learner", each));
    this.#voting = new Voting(configuration.quorums.quorum);
    this.#suspicions = new Suspicions(believedBy(configuration.quorums));
    this.#checkpoints = new Checkpoints(configuration.quorums);
    this.#keeper = new AcceptorKeeper(configuration, node, this.#voting, this.#checkpoints);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, this.#self, from, message)) return;
    switch (message.kind) {
      case "Vouched":
        return this.#vouched(keyOf(message.digest), out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Verify":
        return this.#verify(nodeOf(from), message, out);
      case "Doubted":
        return this.#doubted(message, out);
      case "Suspected":
        return this.#suspected(nodeOf(from), message, out);
      case "Wanted":
        return this.#wanted(from, message, out);
      case "NewView":
        return this.#newView(from, message, out);
      case "Checkpoint":
        return this.#checkpoint(nodeOf(from), message, out);
      case "Learned":
        return this.#learned(message, out);
      case "CatchUp":
        return this.#keeper.catchUp(from, message, out);
      case "Chosen":
        return this.#advanced(this.#keeper.chosen(from, message, out), out);
      case "Trim":
        return this.#advanced(this.#keeper.trim(from, message, out), out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#ticks += 1;
    const { electionTicks, retryTicks } = this.#configuration.timing;
    // Now and then again: its proposer may have begun anew.
    if (!this.#announced || this.#ticks % electionTicks === 0) this.#announce(out);
    if (this.#view === undefined && this.#ticks % retryTicks === 0) {
      this.#suspect(this.#ballot, out);
      this.#promise(out);
    }
    this.#keeper.tick(out);
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Entered":
        this.#ballot = Math.max(this.#ballot, entry.ballot);
        if (this.#ballot > firstBallot) this.#view = undefined;
        return;
      case "Accept": {
        const { ballot, slot, value } = entry;
        this.#voting.verify(slot, { ballot, value, digest: this.#configuration.digest(value) });
        return;
      }
      case "Certified":
        return this.#keeper.restoreVote(entry);
      case "Stable":
        this.#checkpoints.prove(entry.slot, entry.checkpoints);
        return;
      case "Complete":
      case "Chosen":
      case "Trim":
        return this.#keeper.restore(entry);
    }
  }

  checkpoint(): readonly Entry[] {
    const { stable, proof } = this.#checkpoints;
    return [
      ...this.#keeper.checkpoint(),
      { kind: "Entered", ballot: this.#ballot },
      { kind: "Stable", slot: stable, checkpoints: proof },
    ];
  }

  status(): RoleStatus {
    return {
      ballot: this.#ballot,
      isInView: this.#view !== undefined,
      stable: this.#checkpoints.stable,
      slotsVoting: this.#voting.size,
      ...this.#keeper.status(),
    };
  }

  /** Its own proposer vouches for a command: what waited for it may be verified. */
  #vouched(key: string, out: Output): void {
    this.#permits.vouch(key);
    this.#wake(key, out);
  }

  #wake(key: string, out: Output): void {
    for (const proposal of this.#held.waitingFor(key)) this.#consider(proposal, out);
  }

  #accept(from: Address, accept: Accept, out: Output): void {
    const { ballot, slot } = accept;
    const { windowSlots } = this.#configuration.limits;
    if (ballot !== this.#ballot || nodeOf(from) !== this.#owner) return;
    const { stable } = this.#checkpoints;
    if (slot <= stable || slot > stable + windowSlots) return;
    this.#held.remove(slot);
    this.#consider(new Proposal(accept, this.#configuration.digest), out);
  }

  /** Verifies a proposal of this ballot if it may; holds one that it may verify later. */
  #consider(proposal: Proposal, out: Output): void {
    const { accept, digest, key } = proposal;
    const { ballot, slot, value } = accept;
    this.#held.remove(slot);
    const verified = this.#voting.verified(slot);
    if (verified?.ballot === ballot) {
      // The leader asks again; an equivocating one is not answered.
      if (keyOf(verified.digest) === key) this.#repeat(slot, verified.digest, out);
      return;
    }
    const lacks = this.#lacks(proposal);
    if (lacks === "never") return;
    if (lacks !== undefined) return this.#held.hold(proposal, lacks.key);
    this.#permits.use(slot, key, proposal.commandKeys);
    this.#voting.verify(slot, { ballot, digest, value });
    out.persist.push({ ...accept, signature: unsigned });
    this.#tell(slot, digest, out);
    // Others may have verified it before.
    this.#vote(slot, out);
  }

  /**
   * Phase 1c of *Byzantizing Paxos*: what may have been chosen, or where nothing was, what clients asked for. Undefined
   * when nothing is lacking for that; without a key it lacks the view.
   */
  #lacks(proposal: Proposal): { readonly key: string | undefined } | "never" | undefined {
    if (this.#view === undefined) return { key: undefined };
    const { base, through, required } = this.#view;
    const { slot, value } = proposal.accept;
    if (slot <= base) return "never";
    const only = required.get(slot);
    if (only !== undefined) return proposal.key === only ? undefined : "never";
    if (slot <= through) return value.length === 0 ? undefined : "never";
    return proposal.lacks(this.#permits);
  }

  /** Also to itself: a certificate takes its own signature. */
  #tell(slot: Slot, digest: Uint8Array, out: Output): void {
    const message: Verify = { kind: "Verify", ballot: this.#ballot, slot, digest, signature: unsigned };
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message });
  }

  #repeat(slot: Slot, digest: Uint8Array, out: Output): void {
    this.#tell(slot, digest, out);
    const vote = this.#voting.vote(slot);
    if (vote?.ballot === this.#ballot) this.#tellVote(vote, this.#learners, out);
  }

  /** Who verifies in a ballot is in it: with enough of them there, so is an honest one, and this one follows. */
  #verify(acceptor: number, message: Verify, out: Output): void {
    const { ballot, slot } = message;
    const { stable } = this.#checkpoints;
    this.#suspicions.asks(acceptor, ballot);
    this.#moveOn(out);
    if (ballot < this.#ballot || slot <= stable) return;
    if (slot > stable + 2 * this.#configuration.limits.windowSlots) return;
    this.#voting.hear(acceptor, message);
    this.#vote(slot, out);
  }

  #vote(slot: Slot, out: Output): void {
    if (this.#view === undefined) return;
    const vote = this.#voting.castVote(slot, this.#ballot);
    if (vote === undefined) return;
    this.#keeper.keep(vote);
    out.persist.push({ kind: "Certified", ballot: vote.ballot, slot, certificate: vote.certificate });
    this.#tellVote(vote, this.#learners, out);
  }

  #tellVote({ ballot, slot, digest, value }: Vote, learners: readonly Address[], out: Output): void {
    const message: Message = { kind: "Accepted", ballot, slot, digest, signature: unsigned };
    for (const to of learners) out.sendAfterPersist.push({ to, message });
    out.sendAfterPersist.push({ to: this.#ownLearner, message: { kind: "AcceptedValue", slot, digest, value } });
  }

  #doubted({ ballot }: Doubted, out: Output): void {
    if (ballot !== this.#ballot) return this.#announce(out);
    this.#suspect(ballot + 1, out);
    this.#moveOn(out);
  }

  #suspect(ballot: Ballot, out: Output): void {
    this.#suspicions.asks(this.#node, ballot);
    for (const to of this.#acceptors) {
      if (to !== this.#self) out.send.push({ to, message: { kind: "Suspected", ballot, signature: unsigned } });
    }
  }

  #suspected(acceptor: number, { ballot }: Suspected, out: Output): void {
    this.#suspicions.asks(acceptor, ballot);
    this.#moveOn(out);
  }

  #moveOn(out: Output): void {
    const { wanted } = this.#suspicions;
    if (wanted <= this.#ballot) return;
    this.#enter(wanted, out);
    this.#view = undefined;
    this.#suspect(wanted, out);
    this.#promise(out);
    this.#announce(out);
  }

  /** From now on it verifies and votes in no ballot below. */
  #enter(ballot: Ballot, out: Output): void {
    this.#ballot = ballot;
    this.#held.clear();
    out.persist.push({ kind: "Entered", ballot });
  }

  #promise(out: Output): void {
    const { stable, proof } = this.#checkpoints;
    const votes = this.#voting.votesAbove(stable);
    out.sendAfterPersist.push({
      to: addressOf("proposer", this.#owner),
      message: {
        kind: "Promised",
        ballot: this.#ballot,
        stable,
        checkpoints: proof,
        votes: votes.map(({ slot, ballot, digest, certificate }) => ({ slot, ballot, digest, certificate })),
        signature: unsigned,
      },
    });
  }

  /** The leader to whom it promised its votes lacks the value of one. */
  #wanted(from: Address, { slot }: Wanted, out: Output): void {
    const vote = nodeOf(from) === this.#owner ? this.#voting.vote(slot) : undefined;
    if (vote !== undefined) out.send.push({ to: from, message: { kind: "Payload", slot, value: vote.value } });
  }

  #newView(from: Address, { ballot, promises }: NewView, out: Output): void {
    const { nodes } = this.#configuration;
    if (ballot < this.#ballot || nodeOf(from) !== ballotOwner(ballot, nodes.length)) return;
    if (ballot === this.#ballot && this.#view !== undefined) return;
    const view = viewOf(this.#configuration, ballot, promises);
    if (view === undefined) return;
    if (ballot > this.#ballot) this.#enter(ballot, out);
    this.#view = view;
    if (this.#checkpoints.prove(view.base, view.checkpoints)) this.#stabilised(out);
    this.#announce(out);
    this.#permits.begin(view);
    for (const proposal of this.#held.all) this.#consider(proposal, out);
  }

  #checkpoint(acceptor: number, message: Checkpoint, out: Output): void {
    if (this.#checkpoints.add(acceptor, message)) this.#stabilised(out);
    this.#keeper.tellKnown(out);
  }

  #stabilised(out: Output): void {
    const { stable, proof } = this.#checkpoints;
    out.persist.push({ kind: "Stable", slot: stable, checkpoints: proof });
    this.#keeper.stabilised(out);
    this.#held.forget(stable);
    this.#permits.forget(stable);
    this.#announce(out);
  }

  #learned(message: Learned, out: Output): void {
    this.#advanced(this.#keeper.learned(message, out), out);
  }

  /** More is known to be chosen, with these values: their commands are served. */
  #advanced(values: readonly Value[] | undefined, out: Output): void {
    if (values === undefined) return;
    const digests = values.flatMap((value) => commandsOf(value) ?? []).map(this.#configuration.digest);
    for (const digest of digests) {
      this.#permits.serve(keyOf(digest));
      this.#wake(keyOf(digest), out);
    }
    const commands = digests.map((digest) => ({ digest }));
    const through = this.#keeper.chosenThrough;
    out.send.push({ to: this.#ownProposer, message: { kind: "Served", through, commands } });
  }

  #announce(out: Output): void {
    this.#announced = true;
    const { stable } = this.#checkpoints;
    const { chosenThrough } = this.#keeper;
    const message: Message = { kind: "Standing", ballot: this.#ballot, stable, chosenThrough };
    // A ballot that it may forget is none that its proposer can doubt.
    out.sendAfterPersist.push({ to: this.#ownProposer, message });
  }

  get #owner(): number {
    return ballotOwner(this.#ballot, this.#configuration.nodes.length);
  }
}
