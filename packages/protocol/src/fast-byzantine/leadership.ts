/**
 * A proposer that leads a ballot: it asks for reports until they make a certificate, shows that, finishes what may have
 * been learned, and then proposes requests, slot after slot.
 */
import { addressOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { countAcceptors, hasAcceptor, noAcceptors, withAcceptor, type AcceptorSet } from "../quorum.ts";
import { NamedValues } from "../named-values.ts";
import { noOp, type Value } from "../value.ts";
import { commandsOf, joinCommands } from "../commands.ts";
import { conclusive, type Conclusion, type Judgement } from "./certificate.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import { keyOf, type Digest } from "../digest.ts";
import type {
  Accept,
  Accepted,
  Certificate,
  Payload,
  Prepare,
  Promised,
  Report,
  Slot,
  Suspicion,
  Vote,
} from "./messages.ts";
import type { PendingRequests } from "./requests.ts";

/** A slot that it has proposed and that is not stable yet. */
interface InFlight {
  readonly accept: Accept;
  readonly digest: string;
  voters: AcceptorSet;
  isChosen: boolean;
  /** Ticks since it was last sent. */
  ageTicks: number;
}

export class Leadership {
  readonly ballot: Ballot;
  readonly #configuration: Configuration;
  readonly #digest: Digest;
  readonly #acceptors: readonly Address[];
  /** By which it asks for reports; none is needed in the first ballot. */
  readonly #prepare: Prepare | undefined;
  readonly #reports = new Map<number, Report>();
  /** The values that may have been learned, as they come. */
  readonly #values: NamedValues;
  /** What the reports tell of that; undefined as long as they are too few, or contradict each other. */
  #found: Conclusion | undefined;
  #certificate: Certificate | undefined;
  #judgement: Judgement | undefined;
  #ageTicks = 0;
  readonly #inFlight = new Map<Slot, InFlight>();
  #unchosen = 0;
  #unchosenBytes = 0;
  #nextSlot: Slot = 1;
  #stableThrough: Slot = 0;

  /** @param suspicions that ended the ballot before; nobody in the first ballot */
  constructor(configuration: Configuration, ballot: Ballot, suspicions: readonly Suspicion[], digest: Digest) {
    this.ballot = ballot;
    this.#configuration = configuration;
    this.#digest = digest;
    this.#acceptors = configuration.nodes.map((node) => addressOf("acceptor", node));
    this.#values = new NamedValues(digest);
    this.#prepare = ballot === 1 ? undefined : { kind: "Prepare", ballot, suspicions };
  }

  /** Whether it knows what it may propose. */
  get isCertified(): boolean {
    return this.#prepare === undefined || this.#certificate !== undefined;
  }

  get slotsInFlight(): number {
    return this.#unchosen;
  }

  /** Asks for reports once its ballot is durable. */
  begin(out: Output): void {
    if (this.#prepare === undefined) return;
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: this.#prepare });
  }

  promised(node: number, { ballot, stableThrough, votes, signature }: Promised, out: Output): void {
    if (ballot !== this.ballot || this.isCertified) return;
    const before = this.#reports.get(node);
    // In this ballot it votes for nothing new before the certificate: it can only have come to know that more is stable.
    if (before === undefined || stableThrough > before.stableThrough) {
      this.#reports.set(node, { node, stableThrough, votes, signature });
      this.#judge();
    }
    this.#want(this.#values.ask(node), node, out);
    for (const other of this.#reports.keys()) this.#want(this.#values.askNext(other), other, out);
    this.#certify(out);
  }

  /** A value that it has asked for, or could have. */
  payload(node: number, message: Payload, out: Output): void {
    if (this.isCertified) return;
    this.#values.take(node, message);
    this.#want(this.#values.askNext(node), node, out);
    this.#certify(out);
  }

  /** Counts a vote of its ballot, for what it has proposed. */
  accepted(node: number, { ballot, slot, digest }: Accepted): void {
    const proposal = this.#inFlight.get(slot);
    if (ballot !== this.ballot || proposal?.digest !== keyOf(digest)) return;
    proposal.voters = withAcceptor(proposal.voters, node);
    if (!proposal.isChosen && countAcceptors(proposal.voters) >= this.#configuration.quorums.learn)
      this.#choose(proposal);
  }

  /** All up to here is on the disks of 2f+1 learners: no vote for it is asked for any more. */
  stabilized(through: Slot): void {
    this.#stableThrough = Math.max(this.#stableThrough, through);
    for (const [slot, proposal] of this.#inFlight) {
      if (slot > through) continue;
      if (!proposal.isChosen) this.#choose(proposal);
      this.#inFlight.delete(slot);
    }
  }

  /** Proposes what the certificate leaves to finish, then requests, as far as the window has room. */
  flush(pending: PendingRequests, out: Output): void {
    if (!this.isCertified) return;
    while (this.#hasRoom && this.#nextSlot <= (this.#judgement?.highest ?? 0)) this.#finish(pending, out);
    while (this.#hasRoom && pending.isWaiting) {
      const commands = pending.take();
      if (commands.length > 0) this.#propose(joinCommands(commands), out);
    }
  }

  tick(out: Output): void {
    this.#ageTicks += 1;
    const { retryTicks } = this.#configuration.timing;
    if (this.#certificate === undefined && this.#ageTicks % retryTicks === 0) this.#prepareAgain(out);
    this.#resend(out);
  }

  get #hasRoom(): boolean {
    const { windowSlots, windowBytes, learnerSlots } = this.#configuration.limits;
    if (this.#unchosen >= windowSlots || this.#unchosenBytes >= windowBytes) return false;
    return this.#nextSlot <= Math.max(this.#stableThrough, this.#judgement?.base ?? 0) + learnerSlots;
  }

  /** Also who has reported is asked again: the value of a vote may be missing, and may have been lost. */
  #prepareAgain(out: Output): void {
    const prepare = this.#prepare;
    if (prepare === undefined) return;
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: prepare });
  }

  /** Finds out what may have been learned, and which values it needs. What it knew stays when it is not wiser now. */
  #judge(): void {
    if (this.#reports.size < this.#configuration.quorums.reports) return;
    const reports = [...this.#reports.values()].sort((one, other) => one.node - other.node);
    const found = conclusive(this.#configuration.quorums, this.ballot, reports);
    if (found === undefined) return;
    this.#found = found;
    const { required } = found.judgement;
    const isRequired = ({ slot, digest }: Vote): boolean => required.get(slot) === keyOf(digest);
    this.#values.need(reports.map(({ node, votes }) => [node, votes.filter(isRequired)] as const));
  }

  /** Of what may have been learned an honest reporter has the value: f liars are fewer than say so. */
  #want(slot: Slot | undefined, node: number, out: Output): void {
    if (slot !== undefined) out.send.push({ to: addressOf("acceptor", node), message: { kind: "Wanted", slot } });
  }

  #certify(out: Output): void {
    if (this.#found === undefined) return;
    const { reports, judgement } = this.#found;
    for (const key of judgement.required.values()) if (this.#values.value(key) === undefined) return;
    this.#judgement = judgement;
    this.#nextSlot = judgement.base + 1;
    const certificate: Certificate = { kind: "Certificate", ballot: this.ballot, reports };
    this.#certificate = certificate;
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: certificate });
  }

  /** Proposes the value that may have been learned, or a no-op. */
  #finish(pending: PendingRequests, out: Output): void {
    const verdict = this.#judgement?.verdict(this.#nextSlot);
    const value = typeof verdict === "object" ? this.#values.value(verdict.digest) : undefined;
    pending.finishing(commandsOf(value ?? noOp) ?? []);
    this.#propose(value ?? noOp, out);
    if (this.#nextSlot > (this.#judgement?.highest ?? 0)) this.#values.need([]);
  }

  #propose(value: Value, out: Output): void {
    const slot = this.#nextSlot;
    this.#nextSlot += 1;
    const accept: Accept = { kind: "Accept", ballot: this.ballot, slot, value };
    const digest = keyOf(this.#digest(value));
    this.#inFlight.set(slot, { accept, digest, voters: noAcceptors, isChosen: false, ageTicks: 0 });
    this.#unchosen += 1;
    this.#unchosenBytes += value.length;
    // Not before the ballot is durable: who forgets what it proposed must not propose in it again.
    for (const to of this.#acceptors) out.sendAfterPersist.push({ to, message: accept });
  }

  #choose(proposal: InFlight): void {
    proposal.isChosen = true;
    this.#unchosen -= 1;
    this.#unchosenBytes -= proposal.accept.value.length;
  }

  /**
   * What is not chosen goes again to who has not voted, with the certificate, which may have been lost; what is chosen
   * and not stable to all, later: learners may lack votes that this leader has.
   */
  #resend(out: Output): void {
    const { retryTicks, electionTicks } = this.#configuration.timing;
    const certified = new Set<Address>();
    for (const proposal of this.#inFlight.values()) {
      proposal.ageTicks += 1;
      if (proposal.ageTicks < (proposal.isChosen ? electionTicks : retryTicks)) continue;
      proposal.ageTicks = 0;
      for (const [index, to] of this.#acceptors.entries()) {
        const node = this.#configuration.nodes[index] ?? 0;
        if (!proposal.isChosen && hasAcceptor(proposal.voters, node)) continue;
        if (this.#certificate !== undefined && !certified.has(to)) {
          certified.add(to);
          out.sendAfterPersist.push({ to, message: this.#certificate });
        }
        out.sendAfterPersist.push({ to, message: proposal.accept });
      }
    }
  }
}
