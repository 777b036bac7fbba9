/**
 * What is too large is refused before it is sent.
 */
import { limits } from "@synod/protocol";

const limited = { keyBytes: "a key", storedBytes: "a value", valueBytes: "a command or query" } as const;

/** A key, a value or a whole command is larger than it may be. Nothing has changed. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  /** Which limit, as `limits` in @synod/protocol names it. */
  readonly limit: keyof typeof limited;
  readonly limitBytes: number;
  /** What it would have been. */
  readonly sizeBytes: number;

  constructor(limit: LimitError["limit"], sizeBytes: number) {
    super(`${limited[limit]} of ${sizeBytes} bytes is over the limit of ${limits[limit]} bytes (${limit})`);
    this.limit = limit;
    this.limitBytes = limits[limit];
    this.sizeBytes = sizeBytes;
  }
}
