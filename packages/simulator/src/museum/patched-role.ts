/**
 * A role with a bug put back: the real role, with a small change to what goes into it or to what comes out of it. The
 * role inside is the production code as it is.
 */
import { newOutput, type Address, type Output, type RoleMachine, type RoleStatus } from "@synod/protocol";

/** A change to a role, for one life of it: what it remembers is as volatile as the role. */
export interface Patch<Message, Entry, Delivery> {
  /**
   * Sees a message before the role does, and passes it on by `step`: as it is, changed, several times, from somebody
   * else, or never. What it puts in the output itself leaves beside what the role does.
   */
  readonly step?: (
    from: Address,
    message: Message,
    step: (from: Address, message: Message) => void,
    out: Output<Message, Entry, Delivery>,
  ) => void;
  /** Sees that time passes, before the role does. */
  readonly tick?: () => void;
  /** Changes what one step, tick or flush of the role has put in the output; it begins empty each time. */
  readonly output?: (out: Output<Message, Entry, Delivery>) => void;
  /** Whether an entry that survived on stable storage is given back to the role; all are unless told. */
  readonly restores?: (entry: Entry) => boolean;
}

/** Makes the change for one life of a role; `status` is what the role says of itself. */
export type NewPatch<Message, Entry, Delivery> = (status: () => RoleStatus) => Patch<Message, Entry, Delivery>;

export class PatchedRole<Message, Entry extends Message, Delivery> implements RoleMachine<Message, Entry, Delivery> {
  readonly #role: RoleMachine<Message, Entry, Delivery>;
  readonly #patch: Patch<Message, Entry, Delivery>;
  readonly #inner = newOutput<Message, Entry, Delivery>();

  constructor(role: RoleMachine<Message, Entry, Delivery>, patch: NewPatch<Message, Entry, Delivery>) {
    this.#role = role;
    this.#patch = patch(() => role.status());
  }

  step(from: Address, message: Message, out: Output<Message, Entry, Delivery>): void {
    const { step } = this.#patch;
    if (step === undefined) this.#act(out, (inner) => this.#role.step(from, message, inner));
    else {
      step(from, message, (by, given) => this.#act(out, (inner) => this.#role.step(by, given, inner)), out);
    }
  }

  tick(out: Output<Message, Entry, Delivery>): void {
    this.#patch.tick?.();
    this.#act(out, (inner) => this.#role.tick(inner));
  }

  flush(out: Output<Message, Entry, Delivery>): void {
    this.#act(out, (inner) => this.#role.flush(inner));
  }

  restore(entry: Entry): void {
    if (this.#patch.restores?.(entry) !== false) this.#role.restore(entry);
  }

  checkpoint(): readonly Entry[] {
    return this.#role.checkpoint();
  }

  status(): RoleStatus {
    return this.#role.status();
  }

  /** Lets the role act, changes what it did, and adds it to the driver's output. */
  #act(out: Output<Message, Entry, Delivery>, action: (inner: Output<Message, Entry, Delivery>) => void): void {
    const inner = this.#inner;
    action(inner);
    this.#patch.output?.(inner);
    out.send.push(...inner.send.splice(0));
    out.persist.push(...inner.persist.splice(0));
    out.sendAfterPersist.push(...inner.sendAfterPersist.splice(0));
    out.deliver.push(...inner.deliver.splice(0));
    out.trimThrough = Math.max(out.trimThrough, inner.trimThrough);
    inner.trimThrough = 0;
  }
}

/** Changes or leaves out the items of an array of an output, in place. */
export function rewrite<Item>(items: Item[], change: (item: Item) => Item | undefined): void {
  const kept = items.flatMap((item) => change(item) ?? []);
  items.splice(0, items.length, ...kept);
}
