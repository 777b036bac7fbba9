import { expect, test } from "vitest";
import { nodesOf, requests, ScriptedCluster, ticketOf } from "./scripted-cluster.ts";

test("the answer to an earlier process's client of the same number opens no session", () => {
  const earlier = new ScriptedCluster();
  void earlier.put("a", "1");
  const answeredAnew = earlier.choose(...earlier.turn());

  // The process starts again; while its client opens a session, a learner takes back the log and answers what is in it.
  const later = new ScriptedCluster();
  void later.put("b", "2");
  const open = later.turn();
  expect(later.answer(...answeredAnew)).toEqual([]);
  expect(requests(later.answer(...later.choose(...open)))).toMatchObject([{ sequence: 1, count: 1 }]);
});

test("the answer to an earlier process's read, of a client of the same number, answers no read of this one", async () => {
  const earlier = new ScriptedCluster();
  earlier.open();
  void earlier.get("unset");
  const late = earlier.choose(...earlier.turn());

  const later = new ScriptedCluster();
  later.open();
  const read = later.get("opening");
  const asked = later.turn();
  later.answer(...late);
  later.answer(...later.choose(...asked));
  expect(await read).toBe("x");
});

// A network that doubles frames made a storm of it: each copy asked again, and each question brought more copies.
test("a redirect of an opening counts once, however often it arrives", () => {
  const cluster = new ScriptedCluster();
  void cluster.put("a", "1");
  const [open] = cluster.turn();
  const redirect = { kind: "Redirect", sequence: ticketOf(open), leader: 2 } as const;
  expect(nodesOf(cluster.answer(redirect, redirect, redirect))).toEqual([2]);
});
