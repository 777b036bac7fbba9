/**
 * The commands that an acceptor may verify: those for which its own proposer vouches, and those that were served once.
 * To serve one again does no harm, since sessions run it once; a client that got no answer asks for just that.
 */

/** Of either sort so many are remembered at least, and twice as many at most. */
const kept = 8192;

export class KnownCommands {
  readonly #vouched = new Recent();
  readonly #served = new Recent();

  /** @param key of the command's digest */
  vouch(key: string): void {
    this.#vouched.add(key);
  }

  serve(key: string): void {
    this.#served.add(key);
  }

  wasServed(key: string): boolean {
    return this.#served.has(key);
  }

  has(key: string): boolean {
    return this.#vouched.has(key) || this.#served.has(key);
  }
}

/** A set that forgets what was added long ago. */
class Recent {
  #now = new Set<string>();
  #before: ReadonlySet<string> = new Set();

  add(key: string): void {
    this.#now.add(key);
    if (this.#now.size < kept) return;
    this.#before = this.#now;
    this.#now = new Set();
  }

  has(key: string): boolean {
    return this.#now.has(key) || this.#before.has(key);
  }
}
