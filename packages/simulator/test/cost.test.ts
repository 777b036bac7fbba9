import { expect, test } from "vitest";
import { costOf, showCost, type TracedMessage } from "../src/index.ts";

const sent = (
  at: number,
  from: string,
  to: string,
  kind: string,
  rest: Partial<TracedMessage> = {},
): TracedMessage => ({
  at,
  from,
  to,
  kind,
  ...rest,
});

test("messages are counted by kind, and answers from the first that was asked since the last", () => {
  const cost = costOf([
    sent(0, "client 1", "proposer 1", "Request"),
    sent(1, "proposer 1", "acceptor 1", "Accept"),
    sent(2, "acceptor 1", "learner 1", "Accepted"),
    sent(3, "learner 1", "client 1", "Response", { lost: "dropped" }),
    sent(5, "client 1", "proposer 1", "Request"),
    sent(6, "learner 1", "client 1", "Response", { arrives: 9 }),
    sent(6, "learner 2", "client 1", "Response"),
    sent(20, "client 1", "proposer 1", "Request"),
    sent(22, "learner 1", "client 1", "Response"),
    sent(22, "learner 1", "client 2", "Response"),
    sent(23, "learner 1", "client 1", "Redirect"),
  ]);
  expect(cost).toEqual({
    messages: 11,
    kinds: { Request: 3, Accept: 1, Accepted: 1, Response: 5, Redirect: 1 },
    answeredAfter: { "client 1": [7, 3] },
  });
});

test("it is shown in lines that are no wider than asked", () => {
  const cost = {
    messages: 30,
    kinds: { Request: 10, Accept: 10, Accepted: 10 },
    answeredAfter: { "client 1": [4, 4] },
  };
  expect(showCost(cost, 30)).toEqual([
    "30 messages: 10 Request,",
    "  10 Accept, 10 Accepted",
    "client 1 was answered after 4, 4 units of time",
  ]);
});
