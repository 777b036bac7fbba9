/**
 * The roster of a leader of Cheap Paxos: auxiliaries are called on while a main of their membership is silent, so that what
 * is pending is finished; a main that stays silent is removed, and one that is back is taken in again.
 *
 *     silent for suspectTicks      the auxiliaries are called on
 *     silent for removalTicks      a membership without it is proposed
 *     in force, and its mains know the auxiliaries may forget what was chosen, and hear nothing more
 */
import { addressOf, type Address } from "../address.ts";
import type { Change } from "../reconfiguration/change.ts";
import type { Membership } from "../reconfiguration/membership.ts";
import type { Memberships } from "../reconfiguration/memberships.ts";
import type { ChangeRefusal } from "../reconfiguration/messages.ts";
import type { Slot } from "../replication/messages.ts";
import type { Configuration } from "../multi/configuration.ts";
import type { LastingKnowledge } from "../multi/lasting-knowledge.ts";
import type { Relief, Roster, WantedChange } from "../multi/roster.ts";
import { cheapChange, withMain, withoutMain } from "./membership.ts";

/** How many election times a main may be silent before it is removed. */
const removalElections = 2;

/** What is known of a main. */
interface Main {
  silentTicks: number;
  /** It says that it knows all slots up to this one to be chosen; undefined as long as it has said nothing. */
  knows: Slot | undefined;
}

/** Something for the auxiliaries to forget, once all mains know it. */
interface Pending {
  readonly slot: Slot;
  readonly memberships: Memberships;
}

export class Reserve implements Roster {
  readonly #configuration: Configuration;
  readonly #suspectTicks: number;
  readonly #removalTicks: number;
  /** All that are mains or absent, by node. */
  readonly #mains = new Map<number, Main>();
  /** Those that are suspected: mostly none. */
  readonly #silent = new Set<number>();
  /** Auxiliaries were called on, and may hold what they need not. */
  #owesRelief = true;
  #pending: Pending | undefined;

  /**
   * @param membership that in force
   * @param answered the nodes that have promised: the auxiliaries are called on at once if a main is not among them
   */
  constructor(configuration: Configuration, membership: Membership, answered: ReadonlySet<number>) {
    this.#configuration = configuration;
    const { electionTicks } = configuration.timing;
    // In time for the auxiliaries to answer before the leader must think that it reaches no quorum.
    this.#suspectTicks = Math.ceil(electionTicks / 2);
    this.#removalTicks = removalElections * electionTicks;
    for (const node of [...membership.mains, ...membership.absent]) {
      const silentTicks = answered.has(node) ? 0 : this.#suspectTicks;
      this.#mains.set(node, { silentTicks, knows: undefined });
      if (silentTicks > 0) this.#silent.add(node);
    }
  }

  called({ mains, mainAcceptors, acceptors }: Membership): readonly Address[] {
    return this.#silent.size === 0 || !mains.some((node) => this.#silent.has(node)) ? mainAcceptors : acceptors;
  }

  followers({ absent }: Membership): readonly number[] {
    return absent;
  }

  hears(node: number): void {
    const main = this.#mains.get(node);
    if (main !== undefined) main.silentTicks = 0;
  }

  knows(node: number, chosenThrough: Slot): void {
    const main = this.#mains.get(node);
    if (main !== undefined) main.knows = Math.max(chosenThrough, main.knows ?? 0);
  }

  tick(memberships: Memberships, commitPoint: Slot): boolean {
    let isOther = false;
    const { absent } = memberships.latest.membership;
    const mains = memberships.mainsFrom(commitPoint + 1);
    for (const node of mains) {
      if (!this.#mains.has(node)) this.#mains.set(node, { silentTicks: 0, knows: undefined });
    }
    for (const [node, main] of this.#mains) {
      if (!mains.includes(node) && !absent.includes(node)) {
        // It is out for good.
        this.#mains.delete(node);
        this.#silent.delete(node);
        continue;
      }
      main.silentTicks += 1;
      const isSilent = main.silentTicks > this.#suspectTicks;
      if (isSilent === this.#silent.has(node)) continue;
      if (isSilent) this.#silent.add(node);
      else this.#silent.delete(node);
      isOther = true;
    }
    return isOther;
  }

  wanted(membership: Membership, commitPoint: Slot): WantedChange | undefined {
    for (const node of membership.mains) {
      if ((this.#mains.get(node)?.silentTicks ?? 0) <= this.#removalTicks) continue;
      const next = withoutMain(membership, node);
      if (next !== undefined) return { change: { add: 0, remove: node }, next };
    }
    const near = commitPoint - this.#configuration.limits.windowSlots;
    for (const node of this.followers(membership)) {
      const main = this.#mains.get(node);
      if (main?.knows === undefined || main.silentTicks > this.#suspectTicks || main.knows < near) continue;
      return { change: { add: node, remove: 0 }, next: withMain(membership, node) };
    }
    return undefined;
  }

  changed(membership: Membership, change: Change): Membership | ChangeRefusal {
    return cheapChange(membership, change, this.#configuration.identities);
  }

  get awaits(): Slot {
    return this.#pending?.slot ?? 0;
  }

  /** Once after each time of need, so that what is not needed does not pile up: what all mains know to be chosen. */
  relief(memberships: Memberships, commitPoint: Slot, lasting: LastingKnowledge): Relief | undefined {
    const [inForce, coming] = memberships.periodsFrom(commitPoint + 1);
    if (inForce === undefined) return undefined;
    const { mains, auxiliaries } = inForce.membership;
    if (coming !== undefined || mains.some((node) => this.#silent.has(node))) {
      this.#owesRelief = true;
      this.#pending = undefined;
      return undefined;
    }
    if (!this.#owesRelief) return undefined;
    this.#pending ??= { slot: commitPoint, memberships };
    const { slot } = this.#pending;
    if (!mains.every((node) => lasting.of(node) >= slot)) return undefined;
    const relief = { acceptors: auxiliaries.map((node) => addressOf("acceptor", node)), ...this.#pending };
    this.#owesRelief = false;
    this.#pending = undefined;
    return slot === 0 ? undefined : relief;
  }
}
