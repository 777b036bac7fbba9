/**
 * The phase after the faults: what must come to rest, within a bounded time, and stay there.
 */
import type { Address } from "@synod/protocol";
import type { Clock } from "./clock.ts";
import { usualPace } from "./pace.ts";
import type { Cast } from "./protocol.ts";
import type { Report } from "./violation.ts";

const { tickMicroseconds } = usualPace;
/** Looking at everything after each event would cost more than the events. */
const lookedAtTicks = 5;

/** What is looked at. */
export interface Calm<Message, Entry extends Message, Delivery> {
  readonly cast: Cast<Message, Entry, Delivery>;
  readonly people: readonly { readonly satisfied: boolean }[];
  readonly isDue: (address: Address) => boolean;
  readonly clock: Clock;
  readonly report: Report;
  /** Goes on until a time, or until all is done. */
  readonly go: (until: number, done: () => boolean) => void;
}

/** Progress: every client is answered, and all that is up agrees. */
export function comeToRest<Message, Entry extends Message, Delivery>(calm: Calm<Message, Entry, Delivery>): void {
  const { cast, people, isDue, clock, report, go } = calm;
  let unsettled: string | undefined;
  let next = 0;
  go(clock.now + cast.progressTicks * tickMicroseconds, () => {
    if (clock.now < next) return false;
    next = clock.now + lookedAtTicks * tickMicroseconds;
    const allSatisfied = people.every(({ satisfied }) => satisfied);
    unsettled = allSatisfied ? cast.unsettled(isDue) : "a client waits for its answer";
    return unsettled === undefined;
  });
  if (unsettled !== undefined) report("progress", `${unsettled}, ${cast.progressTicks} ticks after the last fault`);
}

/**
 * Stability: a leader that a quorum hears is left alone, also by nodes that do not hear it. Looked at where a partial
 * partition stays, for there it is hard.
 */
export function stayAtRest<Message, Entry extends Message, Delivery>(calm: Calm<Message, Entry, Delivery>): void {
  const { cast, clock, report, go } = calm;
  if (cast.stability === undefined) return;
  const { ticks, mostChanges, leaderChanges } = cast.stability;
  const before = leaderChanges();
  go(clock.now + ticks * tickMicroseconds, () => false);
  const changes = leaderChanges() - before;
  if (changes > mostChanges) {
    report("stability", `${changes} changes of leader in ${ticks} ticks, in which nothing changed but the leader`);
  }
}
