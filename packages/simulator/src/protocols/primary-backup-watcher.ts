/**
 * What the messages of primary-backup mean to a checker: who answers clients as the primary, and in which view.
 */
import { showAddress, type Address, type commit } from "@synod/protocol";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";

export class PrimaryBackupWatcher implements Watcher<commit.primaryBackup.Message, commit.primaryBackup.Entry, never> {
  readonly #report: Report;
  readonly #reached: Tally;
  readonly #lives = new Set<Address>();
  /** Who has answered a client in the latest view in which anybody has. */
  #latest: { readonly view: number; readonly server: Address } = { view: 0, server: 0 };

  constructor(report: Report, reached: Tally) {
    this.#report = report;
    this.#reached = reached;
  }

  begins(address: Address): void {
    if (this.#lives.has(address)) this.#reached.count("restarts");
    this.#lives.add(address);
  }

  recovered(): void {}

  began(): void {}

  sent(from: Address, _to: Address, message: commit.primaryBackup.Message): void {
    switch (message.kind) {
      case "PutReply":
      case "GetReply":
        return this.#serves(from, message.view);
      case "NotPrimary":
        return this.#reached.count("redirects");
      case "Transfer":
        return this.#reached.count("transfers");
      default:
        return;
    }
  }

  durable(_address: Address, { kind }: commit.primaryBackup.Entry): void {
    if (kind === "View") this.#reached.count("views");
  }

  delivered(): void {}

  poweredOff(): void {
    this.#reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#reached.count(`storage-${reason}`);
  }

  /** Once a primary has answered somebody, no primary of an earlier view may. */
  #serves(server: Address, view: number): void {
    const { view: latest, server: other } = this.#latest;
    if (view >= latest) {
      this.#latest = { view, server };
      return;
    }
    const who = `${showAddress(server)} answers a client as the primary of view ${view}`;
    this.#report("split-brain", `${who}, after ${showAddress(other)} did as that of view ${latest}`);
  }
}
