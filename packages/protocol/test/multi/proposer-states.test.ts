/**
 * The proposer in each of its states by each message, with ballots and slots below, equal and above.
 */
import { unchanged as noChange } from "../../src/index.ts";
import { describe, expect, test } from "vitest";
import { configurationOf, Proposer, type Message } from "../../src/multi/index.ts";
import { elect } from "./leading.ts";
import { accept, acceptor, chosen, client, flush, heartbeat, learner, prepare, promised, proposer } from "./stage.ts";
import { sent, step, value, type Did } from "./stage.ts";

const three = configurationOf(3);
const request = (sequence: number): Message => ({ kind: "Request", sequence, command: value(`r${sequence};`) });

describe("each state by each message", () => {
  /** Proposer 1 of 3 in ballot 4; it knows that slots 1 to 3 are chosen, and leads with 4 to 6 in flight. */
  function inState(state: "following" | "preparing" | "leading"): Proposer {
    const role = new Proposer(three, 1, () => 0);
    step(role, proposer(3), heartbeat(3, 3));
    if (state === "following") return role;
    elect(role, three, 3);
    if (state === "preparing") return role;
    step(role, acceptor(1), promised(4, 4, [], 3));
    step(role, acceptor(2), promised(4, 4, [], 3));
    for (const sequence of [1, 2, 3]) {
      step(role, client(sequence), request(sequence));
      flush(role);
    }
    step(role, client(7), { kind: "Read", sequence: 7, learner: 2, query: value("?") });
    return role;
  }

  /** What an observer sees of the state, in one line. */
  function show(role: Proposer, did: Did): string {
    const { state, ballot, leader, commitPoint } = role.status();
    const answers = sent(did).map(({ to, message }) => `${message.kind}>${to}`);
    return [`${state} ballot ${ballot} leader ${leader} commit ${commitPoint}`, ...answers].join(", ");
  }

  /** The clients of the three requests in flight, and of the read that waits, are told. */
  const released = [1, 2, 3, 7].map((each) => `Redirect>${client(each)}`);
  const unchanged = {
    following: "following ballot 3 leader 3 commit 3",
    preparing: "preparing ballot 4 leader 0 commit 3",
    leading: "leading ballot 4 leader 1 commit 3",
  };
  /** After giving up: only a leader had anyone waiting. */
  const gaveUp = (state: string, now: string): string => [now, ...(state === "leading" ? released : [])].join(", ");

  const rows: [Message, number, (state: "following" | "preparing" | "leading") => string][] = [];
  for (const ballot of [1, 3, 4, 5]) {
    for (const slot of [3, 4, 5, 6, 7]) {
      rows.push([{ kind: "Accepted", ballot, slot }, acceptor(2), (state) => unchanged[state]]);
    }
    for (const from of [1, 4, 5]) {
      // One promise is no quorum; one of another page or ballot is nothing.
      rows.push([promised(ballot, from, [], 3), acceptor(3), (state) => unchanged[state]]);
    }
    rows.push([{ kind: "HeartbeatAck", ballot, round: 1, chosenThrough: 0 }, acceptor(2), (state) => unchanged[state]]);
    for (const above of [1, 3, 4, 5, 9]) {
      rows.push([
        { kind: "Rejected", ballot, promised: above },
        acceptor(2),
        (state) => {
          if (state === "following") return `following ballot ${Math.max(3, above)} leader 3 commit 3`;
          const seen = Math.max(4, above);
          if (ballot === 4 && above > 4) return gaveUp(state, `following ballot ${seen} leader 0 commit 3`);
          return state === "preparing" ? `preparing ballot ${seen} leader 0 commit 3` : unchanged.leading;
        },
      ]);
    }
    for (const commit of [0, 3, 9]) {
      rows.push([
        heartbeat(ballot, commit),
        proposer(ballot === 5 ? 2 : 3),
        (state) => {
          const known = Math.max(3, commit);
          const owner = ((ballot - 1) % 3) + 1;
          if (state === "following") {
            return `following ballot ${Math.max(3, ballot)} leader ${ballot < 3 ? 3 : owner} commit ${known}`;
          }
          if (ballot >= 4) return gaveUp(state, `following ballot ${ballot} leader ${owner} commit ${known}`);
          return state === "preparing" ? `preparing ballot 4 leader 0 commit ${known}` : unchanged.leading;
        },
      ]);
    }
    rows.push([
      { kind: "ProbeReply", round: 1, promised: ballot, leaderSilent: true, chosenThrough: 0, memberships: noChange },
      acceptor(2),
      // Only who is probing takes a reply; who follows still learns the ballot.
      (state) =>
        state === "following" ? `following ballot ${Math.max(3, ballot)} leader 3 commit 3` : unchanged[state],
    ]);
    for (const other of [prepare(ballot, 1), accept(ballot, 4, "x")]) {
      rows.push([other, proposer(2), (state) => unchanged[state]]);
    }
  }
  rows.push([
    request(9),
    client(9),
    (state) => (state === "following" ? `${unchanged.following}, Redirect>${client(9)}` : unchanged[state]),
  ]);
  rows.push([
    { kind: "Read", sequence: 9, learner: 1, query: value("?") },
    client(9),
    (state) => (state === "leading" ? unchanged.leading : `${unchanged[state]}, Redirect>${client(9)}`),
  ]);
  rows.push([chosen(4, ["x"]), acceptor(1), (state) => unchanged[state]]);
  rows.push([{ kind: "Trim", slot: 4, memberships: noChange }, learner(1), (state) => unchanged[state]]);

  for (const state of ["following", "preparing", "leading"] as const) {
    test(state, () => {
      for (const [message, from, outcome] of rows) {
        const role = inState(state);
        expect(show(role, step(role, from, message)), JSON.stringify(message)).toBe(outcome(state));
      }
    });
  }
});
