import { describe, expect, test } from "vitest";
import { acquit, exhibits, mostSeeds, visit } from "../../src/museum/index.ts";

/** Who should find what: the rule that the bug breaks first. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^(promise-not-persisted|vote-not-persisted|reply-before-sync|vote-in-memory)$/, "durability"],
  [/^(promise-broken|promise-not-read-back|vote-is-no-promise)$/, "promises"],
  [/^(lowest-value|value-of-another-slot|own-log-trusted|gap-filled-blindly|reports-forgotten)$/, "p2c"],
  [/^(second-value-in-a-ballot|ballot-raised-in-place|refusal-counted)$/, "p2c"],
  [/^(ballot-reused|same-identity)$/, "ballots"],
  [/^(same-acceptor-twice|minority-learned|votes-across-ballots|unverified-commit|old-votes-commit)$/, "learning"],
  [/^(equal-ballot-refused|duel-without-backoff)$/, "progress"],
  [/^(classic-rule-for-fast-votes|recovery-too-early|any-too-early)$/, "p2c"],
  [/^(fast-quorum-too-small|values-counted-together|own-vote-taken-for-chosen)$/, "learning"],
  [/^second-vote-in-a-fast-ballot$/, "votes"],
];

/** Some take hundreds of seeds, each twice. */
const longMs = 120_000;

describe("the museum", () => {
  test("has an exhibit under each name once, with a story and a source", () => {
    const names = exhibits.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, title, story, source } of exhibits) {
      expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
      expect(title.length, name).toBeGreaterThan(20);
      expect(story.length, name).toBeGreaterThan(150);
      expect(source.length, name).toBeGreaterThan(5);
    }
  });

  test.each(exhibits)(
    "catches $name, and nothing in the same seeds of the right code",
    (exhibit) => {
      const { caught, seeds, checker } = visit(exhibit, mostSeeds);
      expect(caught).toBe(true);
      for (const [names, rule] of expected) if (names.test(exhibit.name)) expect(checker).toBe(rule);
      expect(acquit(exhibit, seeds).failed).toBeUndefined();
    },
    longMs,
  );
});
