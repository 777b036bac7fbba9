/**
 * What the learners of a scenario of a log come to, slot by slot, and what its clients are answered.
 */
import { nodeOf, roleOf, showAddress, type Address } from "@synod/protocol";
import type { Sent } from "../stage.ts";
import { learner } from "./addresses.ts";
import type { Script } from "./journal.ts";

/** How a snapshot that was taken over is shown. */
export const snapshotShown = "a snapshot up to here";

export class LearnedValues {
  /** Of each learner, slot by slot, what it learned; of all of them, what is chosen. */
  readonly #learned = new Map<string, Map<number, string>>();
  readonly #chosen = new Map<number, string>();
  #curtainSlot = 0;

  learn(node: number, slot: number, value: string): void {
    const name = showAddress(learner(node));
    const values = this.#learned.get(name) ?? new Map<number, string>();
    this.#learned.set(name, values.set(slot, value));
    if (value !== snapshotShown) this.#agree(slot, value);
  }

  /** What was learned so far is not part of the play. */
  raiseCurtain(): void {
    this.#curtainSlot = Math.max(0, ...this.#chosen.keys());
  }

  get chosen(): readonly string[] {
    return this.#shown(this.#chosen);
  }

  get learned(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#learned].map(([name, values]) => [name, this.#shown(values)]));
  }

  #shown(values: ReadonlyMap<number, string>): readonly string[] {
    return [...values]
      .filter(([slot]) => slot > this.#curtainSlot)
      .sort(([one], [other]) => one - other)
      .map(([slot, value]) => `${slot}: ${value}`);
  }

  /** The safety of Paxos, seen from the seats: no slot has two values. */
  #agree(slot: number, value: string): void {
    const known = this.#chosen.get(slot) ?? value;
    if (known !== value) throw new Error(`slot ${slot} has two values: ${known} and ${value}`);
    this.#chosen.set(slot, value);
  }
}

/** What each client got: the answers as they are read, and the kinds of other messages. */
export function answersOf(
  received: readonly Sent<{ readonly kind: string; readonly reply?: Uint8Array }>[],
  script: Script,
): Readonly<Record<string, readonly string[]>> {
  const answers: Record<string, string[]> = {};
  for (const { to, message } of received) {
    const answer = message.reply === undefined ? message.kind : script.show("reply", message.reply);
    (answers[showAddress(to)] ??= []).push(answer);
  }
  return answers;
}

/** No time passes between roles of one node: they share a thread. */
export function collapsed(from: Address, to: Address): number {
  const onNodes = roleOf(from) !== "client" && roleOf(to) !== "client";
  return onNodes && nodeOf(from) === nodeOf(to) ? 0 : 1;
}
