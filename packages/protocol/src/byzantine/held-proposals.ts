/**
 * Proposals that an acceptor judges, and those that must wait: for the view, or for a command to be vouched for. What was
 * found out about one is not found out again, so that a proposal costs its length once, whatever waits beside it.
 */
import { commandsOf } from "../commands.ts";
import { keyOf, type Digest } from "../digest.ts";
import type { Accept, Slot } from "./messages.ts";
import type { Permits } from "./permits.ts";

export class Proposal {
  readonly accept: Accept;
  readonly digest: Uint8Array;
  /** The digest as a key. */
  readonly key: string;
  readonly #digestOf: Digest;
  #commands: readonly Uint8Array[] | undefined;
  /** Of the commands that had permits, as far as was looked. */
  readonly #keys = new Set<string>();
  #next: string | undefined;

  constructor(accept: Accept, digestOf: Digest) {
    this.accept = accept;
    this.#digestOf = digestOf;
    this.digest = digestOf(accept.value);
    this.key = keyOf(this.digest);
  }

  /** The digest keys of its commands, once none lacks a permit. */
  get commandKeys(): readonly string[] {
    return [...this.#keys];
  }

  /** A command without a permit; undefined when none lacks it, "never" when no client can have asked for such a value. */
  lacks(permits: Permits): { readonly key: string } | "never" | undefined {
    this.#commands ??= commandsOf(this.accept.value);
    if (this.#commands === undefined) return "never";
    while (this.#keys.size < this.#commands.length) {
      const command = this.#commands[this.#keys.size];
      if (command === undefined) return "never";
      const key = (this.#next ??= keyOf(this.#digestOf(command)));
      // No honest leader says a command twice in a value.
      if (this.#keys.has(key)) return "never";
      if (!permits.has(key)) return { key };
      this.#keys.add(key);
      this.#next = undefined;
    }
    // Another slot may have used a permit meanwhile.
    for (const key of this.#keys) if (!permits.has(key)) return { key };
    return undefined;
  }
}

export class HeldProposals {
  readonly #held = new Map<Slot, { readonly proposal: Proposal; readonly waitsFor: string | undefined }>();
  /** By digest key of a command: the slots that wait for it. */
  readonly #waiting = new Map<string, Set<Slot>>();

  get all(): readonly Proposal[] {
    return [...this.#held.values()].map(({ proposal }) => proposal);
  }

  /** Those that wait for a command. */
  waitingFor(key: string): readonly Proposal[] {
    return [...(this.#waiting.get(key) ?? [])].flatMap((slot) => this.#held.get(slot)?.proposal ?? []);
  }

  /** Holds a proposal in the place of another of its slot. */
  hold(proposal: Proposal, waitsFor: string | undefined): void {
    const { slot } = proposal.accept;
    this.remove(slot);
    this.#held.set(slot, { proposal, waitsFor });
    if (waitsFor === undefined) return;
    const slots = this.#waiting.get(waitsFor);
    if (slots === undefined) this.#waiting.set(waitsFor, new Set([slot]));
    else slots.add(slot);
  }

  remove(slot: Slot): void {
    const waitsFor = this.#held.get(slot)?.waitsFor;
    this.#held.delete(slot);
    if (waitsFor === undefined) return;
    const slots = this.#waiting.get(waitsFor);
    slots?.delete(slot);
    if (slots?.size === 0) this.#waiting.delete(waitsFor);
  }

  /** Removes all up to a slot. */
  forget(through: Slot): void {
    for (const slot of this.#held.keys()) if (slot <= through) this.remove(slot);
  }

  clear(): void {
    this.#held.clear();
    this.#waiting.clear();
  }
}
