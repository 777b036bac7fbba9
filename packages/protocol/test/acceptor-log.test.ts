/**
 * What an acceptor's log answers with: as much as fits into a message, in bytes and in values, for these may be empty.
 */
import { expect, test } from "vitest";
import { limits } from "../src/index.ts";
import { AcceptorLog } from "../src/replication/acceptor-log.ts";

const value = Uint8Array.of(1);

/** Slots 1 to 7 are accepted in ballot 1, with a value of a byte each. */
function logOf(bounds: Partial<typeof limits>): AcceptorLog {
  const log = new AcceptorLog({ ...limits, ...bounds });
  for (let slot = 1; slot <= 7; slot++) log.keep({ slot, ballot: 1, value });
  return log;
}

test.each([{ answerBytes: 3 }, { answerValues: 3 }])(
  "a report has as much as %o lets it, and says where to go on",
  (bounds) => {
    const log = logOf(bounds);
    const pages = [1, 4, 7].map((from) => log.report(6, from));
    expect(pages.map(({ accepted }) => accepted.map(({ slot }) => slot))).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(pages.map(({ next }) => next)).toEqual([4, 7, 0]);
  },
);

test.each([{ answerBytes: 3 }, { answerValues: 3 }])("so has an answer with what is chosen: %o", (bounds) => {
  const log = logOf(bounds);
  log.learnCommit(1, 5);
  expect([1, 4, 6].map((from) => log.chosenFrom(from).values.length)).toEqual([3, 2, 0]);
});
