/**
 * Visits to the exhibits of some protocols: each is caught, and the right code passes the same seeds.
 */
import { expect, test } from "vitest";
import { acquit, exhibits, mostSeeds, visit } from "../../src/museum/index.ts";

/** Who should find what: the rule that the bug breaks first. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^(promise-not-persisted|vote-not-persisted|reply-before-sync|vote-in-memory)$/, "durability"],
  [/^(promise-broken|promise-not-read-back|vote-is-no-promise)$/, "promises"],
  [/^(lowest-value|value-of-another-slot|own-log-trusted|gap-filled-blindly|reports-forgotten)$/, "p2c"],
  [/^(second-value-in-a-ballot|ballot-raised-in-place|refusal-counted)$/, "p2c"],
  [/^(ballot-reused|same-identity)$/, "ballots"],
  [/^(same-acceptor-twice|minority-learned|votes-across-ballots|unverified-commit|old-votes-commit)$/, "learning"],
  [/^(equal-ballot-refused|duel-without-backoff|knowledge-not-recorded)$/, "progress"],
  [/^(classic-rule-for-fast-votes|recovery-too-early|any-too-early)$/, "p2c"],
  [/^(fast-quorum-too-small|values-counted-together|own-vote-taken-for-chosen)$/, "learning"],
  [/^second-vote-in-a-fast-ballot$/, "votes"],
  [/^joiner-counted-too-early$/, "members"],
];

/** Some take hundreds of seeds, each twice. */
const longMs = 120_000;

export function testExhibits(isOf: (protocol: string) => boolean): void {
  test.each(exhibits.filter(({ simulation }) => isOf(simulation.name)))(
    "catches $name, and nothing in the same seeds of the right code",
    (exhibit) => {
      const { caught, seeds, checker } = visit(exhibit, mostSeeds);
      expect(caught).toBe(true);
      for (const [names, rule] of expected) if (names.test(exhibit.name)) expect(checker).toBe(rule);
      expect(acquit(exhibit, seeds).failed).toBeUndefined();
    },
    longMs,
  );
}
