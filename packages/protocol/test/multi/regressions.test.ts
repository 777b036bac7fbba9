/**
 * Runs that once went wrong, each the shortest that shows it.
 */
import { expect, test } from "vitest";
import { Acceptor, configurationOf } from "../../src/multi/index.ts";
import { timing } from "../../src/index.ts";
import { electedProposer, leadingProposer } from "./leading.ts";
import { accept, acceptor, chosen, client, learner, proposer } from "./stage.ts";
import { flush, sent, sentKind, step, text, tick, value } from "./stage.ts";

const three = configurationOf(3);

test("a Prepare that is sent again does not leave before its ballot is durable", () => {
  const { role } = electedProposer(three, 1);
  // The disk is slow: the first Prepare has not left when the time to repeat it comes.
  for (let ticks = 0; ticks < timing.retryTicks; ticks++)
    expect(sentKind({ ...tick(role), sendAfterPersist: [] }, "Prepare")).toEqual([]);
});
