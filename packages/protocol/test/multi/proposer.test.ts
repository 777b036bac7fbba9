/**
 * The proposer, exhaustively over small domains: quorums of promises, P2c over all reports, votes, restarts.
 */
import { expect, test } from "vitest";
import { flexible, majority, type QuorumSystem } from "../../src/index.ts";
import { configurationOf, Proposer, type Message } from "../../src/multi/index.ts";
import { elect, electedProposer, leadingProposer } from "./leading.ts";
import { acceptor, client, flush, promised, sent, sentKind, step, text, tick, value } from "./stage.ts";

const three = configurationOf(3);
const systems: readonly QuorumSystem[] = [
  majority(3),
  flexible(3, 3, 1),
  flexible(3, 1, 3),
  majority(5),
  flexible(5, 4, 2),
  flexible(5, 2, 4),
];
const request = (sequence: number): Message => ({ kind: "Request", sequence, command: value(`r${sequence};`) });
const stateOf = (role: Proposer): unknown => role.status()["state"];

/** All subsets of the nodes 1 to `count`. */
function subsets(count: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (__, index) => index + 1).filter((node) => (bits >> (node - 1)) & 1),
  );
}

test("it leads exactly when a phase 1 quorum has promised its ballot, however often each answers", () => {
  for (const quorums of systems) {
    const configuration = configurationOf(quorums.acceptors, { quorums });
    for (const set of subsets(quorums.acceptors)) {
      const { role } = electedProposer(configuration, 1);
      for (const node of [...set, ...set]) {
        step(role, acceptor(node), promised(1 + quorums.acceptors, 1));
        step(role, acceptor(node), promised(1, 1));
      }
      expect(stateOf(role), `${set}`).toBe(set.length >= quorums.phase1 ? "leading" : "preparing");
    }
  }
});

/** What one acceptor has accepted in slots 1 to 3: the ballot, or 0. A ballot proposed one value per slot. */
type Votes = readonly [number, number, number];

function* allVotes(): Generator<Votes> {
  for (const first of [0, 1, 2, 3]) {
    for (const second of [0, 1, 2, 3]) for (const third of [0, 1, 2, 3]) yield [first, second, third];
  }
}

function asReport(votes: Votes, chosenThrough: number): [number, number, string][] {
  return votes
    .map((ballot, index): [number, number, string] => [index + 1, ballot, `${ballot}/${index + 1}`])
    .filter(([slot, ballot]) => ballot > 0 && slot > chosenThrough);
}

/** *Paxos Made Simple* §2.2 and §3, written out: what a new leader proposes first, slot by slot. */
function mustPropose(answers: readonly { readonly votes: Votes; readonly chosenThrough: number }[]): string[] {
  const known = Math.max(...answers.map(({ chosenThrough }) => chosenThrough));
  const reported = answers.flatMap(({ votes, chosenThrough }) => asReport(votes, chosenThrough));
  const last = Math.max(known, ...reported.map(([slot]) => slot));
  const proposals: string[] = [];
  for (let slot = known + 1; slot <= last; slot++) {
    const inSlot = reported.filter(([each]) => each === slot).sort(([, one], [, other]) => other - one);
    proposals.push(`${slot}: ${inSlot[0]?.[2] ?? "-"}`);
  }
  return [...proposals, `${last + 1}: r9;`];
}

function proposedAfter(role: Proposer): string[] {
  step(role, client(9), request(9));
  const accepts = sentKind(flush(role), "Accept");
  return accepts.filter((_, index) => index % 3 === 0).map(({ slot, value: what }) => `${slot}: ${text(what)}`);
}

test("P2c over every combination of what a quorum of acceptors reports, gaps and chosen slots among it", () => {
  for (const first of allVotes()) {
    for (const second of allVotes()) {
      for (const chosenThrough of [0, 1, 2]) {
        const { role } = electedProposer(three, 1);
        step(role, acceptor(2), promised(1, 1, asReport(first, 0), 0));
        step(role, acceptor(2), promised(1, 1, asReport(first, 0), 0));
        step(role, acceptor(3), promised(1, 1, asReport(second, chosenThrough), chosenThrough));
        const found = proposedAfter(role);
        const answers = [
          { votes: first, chosenThrough: 0 },
          { votes: second, chosenThrough },
        ];
        if (found.join() !== mustPropose(answers).join()) {
          expect(found, JSON.stringify(answers)).toEqual(mustPropose(answers));
        }
      }
    }
  }
});

test("P2c over three answers, in every cut into pages, repeated and interleaved", () => {
  const votes: readonly Votes[] = [
    [1, 0, 3],
    [2, 0, 0],
    [0, 0, 1],
  ];
  const quorums = flexible(3, 3, 1);
  for (const cuts of subsets(6)) {
    const { role } = electedProposer(configurationOf(3, { quorums }), 1);
    const pages = votes.map((each, index) => pagesOf(asReport(each, 0), cuts, index));
    for (let page = 0; page < 3; page++) {
      for (const [index, ofAcceptor] of pages.entries()) {
        const message = ofAcceptor[page];
        if (message === undefined) continue;
        const asked = sentKind(step(role, acceptor(index + 1), message), "Prepare");
        expect(asked.map(({ from }) => from)).toEqual(message.next > 0 ? [message.next] : []);
        // Once more: it has been counted.
        expect(sent(step(role, acceptor(index + 1), message))).toEqual([]);
      }
    }
    expect(proposedAfter(role)).toEqual(mustPropose(votes.map((each) => ({ votes: each, chosenThrough: 0 }))));
  }
});

/** One acceptor's report in pages that begin at the slots 2 and 3 that `cuts` names. */
function pagesOf(report: [number, number, string][], cuts: readonly number[], index: number): Promised[] {
  const starts = [1, ...[2, 3].filter((slot) => cuts.includes(index * 2 + slot - 1))];
  return starts.map((from, at) => {
    const next = starts[at + 1] ?? 0;
    const inPage = report.filter(([slot]) => slot >= from && (next === 0 || slot < next));
    const message = promised(1, from, inPage, 0, next);
    if (message.kind !== "Promised") throw new Error("expected a Promised");
    return message;
  });
}

type Promised = Extract<Message, { kind: "Promised" }>;

test("the commit point is the last slot before the first without a phase 2 quorum of votes of this ballot", () => {
  for (const quorums of systems.slice(0, 3)) {
    const configuration = configurationOf(3, { quorums });
    for (const first of subsets(3)) {
      for (const second of subsets(3)) {
        for (const third of subsets(3)) {
          const { role } = leadingProposer(configuration, 1);
          for (const sequence of [1, 2, 3]) {
            step(role, client(9), request(sequence));
            flush(role);
          }
          // The last slot first; each vote twice; votes of other ballots and slots in between.
          for (const [slot, voters] of [third, second, first].map((set, index) => [3 - index, set] as const)) {
            for (const node of [...voters, ...voters]) {
              step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot });
              step(role, acceptor(((node + 1) % 3) + 1), { kind: "Accepted", ballot: 2, slot });
              step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot: slot + 3 });
            }
          }
          const open = [first, second, third].findIndex(({ length }) => length < quorums.phase2);
          expect(role.status()["commitPoint"]).toBe(open === -1 ? 3 : open);
        }
      }
    }
  }
});

test("after a restart its next ballot is above every one that had left, whatever survived of the log", () => {
  const role = new Proposer(three, 2, () => 0);
  const entries = [];
  const left: number[] = [0];
  for (let attempt = 0; attempt < 4; attempt++) {
    const did = elect(role, three);
    entries.push(...did.persist);
    left.push(...new Set(sentKind({ ...did, send: [] }, "Prepare").map(({ ballot }) => ballot)));
    step(role, acceptor(1), { kind: "Rejected", ballot: left.at(-1) ?? 0, promised: 1000 * (attempt + 1) });
  }
  expect(entries).toHaveLength(4);
  for (let survived = 0; survived <= entries.length; survived++) {
    const again = new Proposer(three, 2, () => 0);
    for (const entry of entries.slice(0, survived)) again.restore(entry);
    const restored = new Proposer(three, 2, () => 0);
    for (const entry of again.checkpoint()) restored.restore(entry);
    for (const each of [again, restored]) {
      const [next] = sentKind(elect(each, three), "Prepare");
      expect(next?.ballot).toBeGreaterThan(left[survived] ?? Infinity);
    }
  }
});

test("a leader that reaches no phase 2 quorum for two election times stands down and says why", () => {
  const { role } = leadingProposer(three, 1);
  step(role, client(1), request(1));
  flush(role);
  const refusals: Message[] = [];
  let ticks = 0;
  while (stateOf(role) === "leading" && ticks < 1000) {
    refusals.push(...sentKind(tick(role), "NoQuorum"));
    step(role, acceptor(1), { kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough: 0 });
    ticks += 1;
  }
  expect(ticks).toBeLessThanOrEqual(2 * three.timing.electionTicks);
  expect(refusals).toEqual([{ kind: "NoQuorum", sequence: 1, reachable: 1, needed: 2 }]);
});
