/**
 * Whoever must not forget outcomes reminds participants of them, many at a time and rarely, and hears who has them. So
 * that costs next to nothing per transaction, and one that was away learns what it missed.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import type { Envelope } from "../output.ts";
import type { CommitConfiguration } from "./configuration.ts";
import type { Decision, Reminder, Settled } from "./messages.ts";
import type { Outcomes } from "./outcomes.ts";

/** Outcomes in one message. */
const mostAtOnce = 4096;
/** The part of all outcomes that may wait before participants are reminded soon. */
const soonFrom = 1 / 8;

interface Output {
  readonly persist: { push(entry: Decision): unknown };
  readonly sendAfterPersist: { push(envelope: Envelope<Reminder>): unknown };
}

export class Reminders {
  readonly #configuration: CommitConfiguration;
  readonly #outcomes: Outcomes;
  /** Ticks since it last reminded anybody. */
  #silentTicks = 0;

  constructor(configuration: CommitConfiguration, outcomes: Outcomes) {
    this.#configuration = configuration;
    this.#outcomes = outcomes;
  }

  tick(out: Output): void {
    const { nodes, limits, timing } = this.#configuration;
    const isSoon = this.#outcomes.owed >= limits.outcomes * soonFrom;
    this.#silentTicks += 1;
    if (this.#silentTicks < (isSoon ? timing.retryTicks : timing.holdTicks)) return;
    this.#silentTicks = 0;
    for (let node = 1; node <= nodes; node++) this.#remind(node, out);
  }

  /** A participant has what it was reminded of; when that was as much as goes into a message, there may be more. */
  settled(from: Address, { transactions }: Settled, out: Output): void {
    if (roleOf(from) !== "participant") return;
    for (const { transaction } of transactions) {
      const committed = this.#outcomes.settled(nodeOf(from), transaction);
      // Else a restart would have to remind all again, also one that is gone for good.
      if (committed !== undefined) out.persist.push({ kind: "Decision", transaction, committed });
    }
    if (transactions.length >= mostAtOnce) this.#remind(nodeOf(from), out);
  }

  #remind(node: number, out: Output): void {
    const outcomes = this.#outcomes.owedTo(node, mostAtOnce);
    if (outcomes.length === 0) return;
    out.sendAfterPersist.push({ to: addressOf("participant", node), message: { kind: "Reminder", outcomes } });
  }
}
