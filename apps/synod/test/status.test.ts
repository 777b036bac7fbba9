import type { RoleState } from "@synod/cluster";
import { expect, test } from "vitest";
import { showBytes, showStatus } from "../src/shell/status.ts";

function state(role: RoleState["role"], status: Record<string, string | number> | undefined, thread = 1): RoleState {
  const report = status === undefined ? undefined : { node: 1, role, thread, status };
  return { node: 1, role, running: report !== undefined, report };
}

test("a row for each role, and who leads", () => {
  const roles = [
    state("proposer", { state: "leading", ballot: 4, commitPoint: 7, logBytes: 69, syncs: 1, utilization: 0.126 }, 11),
    state("acceptor", { ballot: 4, chosenThrough: 6, highestSlot: 7, logBytes: 2048, syncs: 12, utilization: 1 }, 12),
    state("learner", { ballot: 0, delivered: 7, logBytes: 32, syncs: 0, utilization: 0 }, 13),
  ];
  expect(showStatus({ leader: 1, roles, sentMessages: 0 })).toBe(
    [
      "node  role      thread  state    ballot  slots                log      syncs  busy",
      "1     proposer  11      leading  4       chosen through 7     69 B     1      13 %",
      "1     acceptor  12      up       4       accepted through 7   2.0 KiB  12     100 %",
      "1     learner   13      up       -       delivered through 7  32 B     0      0 %",
      "leader: node 1",
    ].join("\n"),
  );
});

test("a role that is down says so, and a cluster without a leader", () => {
  expect(showStatus({ leader: 0, roles: [state("learner", undefined)], sentMessages: 0 }).split("\n")).toEqual([
    "node  role     thread  state  ballot  slots  log  syncs  busy",
    "1     learner  -       down",
    "no leader",
  ]);
});

test("transactions that are not over, and their locks; and who is the primary", () => {
  const transaction = { underWay: 2, outcomes: 9, owed: 1 };
  const roles = [
    state("participant", { keys: 3, locks: 4, open: 1, inDoubt: 2, outcomes: 9, bytes: 10 }),
    state("coordinator", transaction),
    state("proposer", { ...transaction, ballot: 0 }),
    state("acceptor", { undecided: 5, outcomes: 9, owed: 1 }),
    state("view-server", { view: 3, primary: 2, backup: 0, acknowledged: 1 }),
    state("server", { is: "primary", view: 3, alone: 0, underWay: 6, keys: 1 }),
  ];
  const table = showStatus({ leader: 0, roles, sentMessages: 0 });
  const shown = table.split("\n").map((line) => line.split(/ {2,}/)[5]);
  expect(shown.slice(1, -1)).toEqual([
    "4 locks, 2 in doubt",
    "2 under way",
    "2 under way",
    "5 undecided",
    "view 3: primary 2, backup 0",
    "primary of view 3, 6 under way",
  ]);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [1024 ** 2 * 16, "16.0 MiB"],
  [1024 ** 3 * 2048, "2048.0 GiB"],
])("%d bytes are %s", (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown);
});
