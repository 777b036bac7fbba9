/**
 * Changes of who takes part in a running cluster: the threads of who joins run before it is voted in, and those of who
 * leaves as long as it is needed.
 */
import type { Joiners, Supervisor } from "@synod/actors";
import { Cancelled, ChangeRefused, type AdministratorClient, type CallOptions, type ChangeMade } from "@synod/client";
import type { Change } from "@synod/protocol";
import { Effect } from "effect";
import type { Roster } from "./roster.ts";

export interface MembersOptions {
  readonly protocol: string;
  /** Undefined where the members are the same for good. */
  readonly joiners: Joiners | undefined;
  readonly roster: Roster;
  readonly supervisor: Supervisor;
  /** A new client that asks for a change; it is closed afterwards. */
  readonly newAdministrator: () => AdministratorClient;
}

export class Members {
  readonly #options: MembersOptions;
  #isChanging = false;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /**
   * One change at a time, for as long as it takes. A node that was started to join and was refused stops; the change may be
   * asked for again, which starts it again. When the time is up, or the change is cancelled, it may still be made, and so
   * the node goes on; and so does one that ran before, which may be a member.
   *
   * Rejects with ChangeRefused, NoQuorum, Timeout, Cancelled, Closed, ActorError or StorageError.
   */
  async change(change: Change, options?: CallOptions): Promise<ChangeMade> {
    if (this.#isChanging) throw new ChangeRefused({ reason: "another change is under way" });
    this.#isChanging = true;
    try {
      return await this.#change(change, options);
    } finally {
      this.#isChanging = false;
    }
  }

  async #change(change: Change, options: CallOptions | undefined): Promise<ChangeMade> {
    const { supervisor, newAdministrator, roster } = this.#options;
    const { roles } = this.#check(change);
    const { add, remove } = change;
    const ranBefore = supervisor.actors.some(({ plan, running }) => plan.node === add && running);
    const signal = options?.signal;
    if (signal?.aborted === true) throw new Cancelled({ reason: signal.reason });
    if (add !== 0) {
      if (!roster.nodes.includes(add)) roster.join(add);
      await Effect.runPromise(supervisor.add({ node: add, roles }));
    }
    using administrator = newAdministrator();
    const made = await administrator.change(change, options).catch(async (failure: unknown) => {
      if (add !== 0 && !ranBefore && failure instanceof ChangeRefused) {
        await Effect.runPromise(supervisor.turnsAway(add, `it was not let in, ${failure.message}`));
      }
      throw failure;
    });
    if (remove !== 0) await Effect.runPromise(supervisor.leaves(remove));
    return made;
  }

  /** What is clear without asking anybody. @throws ChangeRefused */
  #check({ add, remove }: Change): Joiners {
    const { roster, joiners, protocol } = this.#options;
    if (joiners === undefined) {
      throw new ChangeRefused({ reason: `the members of a cluster of ${protocol} are the same for good` });
    }
    if (remove !== 0 && !roster.nodes.includes(remove) && !roster.hasLeft(remove)) {
      throw new ChangeRefused({ reason: `there is no node ${remove}: expected one of ${roster.nodes.join(", ")}` });
    }
    if (add !== 0 && !roster.nodes.includes(add) && (!Number.isInteger(add) || add < roster.nextNode)) {
      const reason = `the number ${add} has been used, and is not used again: expected ${roster.nextNode} or more`;
      throw new ChangeRefused({ reason });
    }
    if (add > joiners.highestNode) {
      // Once it were taken there would be none left.
      throw new ChangeRefused({ reason: `there is no number above ${joiners.highestNode}, got ${add}` });
    }
    return joiners;
  }
}
