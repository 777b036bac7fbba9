/**
 * The commands that an acceptor may verify: those for which its own proposer vouches, and those that were served once.
 * To serve one again does no harm, since sessions run it once; a client that got no answer asks for just that.
 */

/** Served commands that are remembered: at least as many, at most twice as many. */
const servedKept = 4096;
/** Commands that a proposer may vouch for, and that are not served: one past it is forgotten until it vouches again. */
const vouchedKept = 16_384;

export class KnownCommands {
  readonly #vouched = new Set<string>();
  #served = new Set<string>();
  #servedBefore: ReadonlySet<string> = new Set();

  /** @param key of the command's digest */
  vouch(key: string): void {
    if (this.#vouched.size < vouchedKept) this.#vouched.add(key);
  }

  serve(key: string): void {
    this.#vouched.delete(key);
    this.#served.add(key);
    if (this.#served.size < servedKept) return;
    this.#servedBefore = this.#served;
    this.#served = new Set();
  }

  wasServed(key: string): boolean {
    return this.#served.has(key) || this.#servedBefore.has(key);
  }

  has(key: string): boolean {
    return this.#vouched.has(key) || this.wasServed(key);
  }
}
