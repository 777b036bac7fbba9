/**
 * The commands that an acceptor may verify: each once when its own proposer vouches for it, and twice more when it was
 * served. To serve a request again does no harm, since sessions run it once, and a client that got no answer asks for just
 * that; but what opens a session must not be repeated as often as a leader likes.
 */
import type { Slot } from "./messages.ts";
import type { View } from "./proof.ts";

/** Of so many commands it is remembered at least, and of twice as many at most. */
const kept = 8192;

/** A leader may know less of what was served than its acceptors do. */
const oftenAgain = 2;

interface Permit {
  readonly left: number;
  readonly wasServed: boolean;
}

const none: Permit = { left: 0, wasServed: false };

export class Permits {
  #now = new Map<string, Permit>();
  #before: ReadonlyMap<string, Permit> = new Map();
  /** By slot: the value for which permits were used, as a digest key, and its commands'. */
  readonly #used = new Map<Slot, { readonly value: string; readonly commands: readonly string[] }>();

  /** @param key of the command's digest */
  has(key: string): boolean {
    return this.#get(key).left > 0;
  }

  vouch(key: string): void {
    const permit = this.#get(key);
    if (permit.left === 0) this.#set(key, { ...permit, left: 1 });
  }

  serve(key: string): void {
    const { left, wasServed } = this.#get(key);
    if (!wasServed) this.#set(key, { left: left + oftenAgain, wasServed: true });
  }

  /** A value is verified in a slot: each of its commands had a permit. */
  use(slot: Slot, value: string, commands: readonly string[]): void {
    this.#used.set(slot, { value, commands });
    for (const key of commands) this.#add(key, -1);
  }

  /** Another ballot begins. What it does not require again was not chosen, and its commands may be proposed elsewhere. */
  begin({ base, required }: View): void {
    for (const [slot, { value, commands }] of this.#used) {
      if (slot <= base || required.get(slot) === value) continue;
      this.#used.delete(slot);
      for (const key of commands) this.#add(key, 1);
    }
  }

  /** All slots up to here are chosen: what they used is used up. */
  forget(through: Slot): void {
    for (const slot of this.#used.keys()) if (slot <= through) this.#used.delete(slot);
  }

  #get(key: string): Permit {
    return this.#now.get(key) ?? this.#before.get(key) ?? none;
  }

  #add(key: string, more: number): void {
    const permit = this.#get(key);
    this.#set(key, { ...permit, left: permit.left + more });
  }

  /** Forgets what was set long ago. */
  #set(key: string, permit: Permit): void {
    this.#now.set(key, permit);
    if (this.#now.size < kept) return;
    this.#before = this.#now;
    this.#now = new Map();
  }
}
