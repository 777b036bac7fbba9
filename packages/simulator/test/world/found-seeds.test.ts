/**
 * Seeds that once broke a rule, with what was wrong then.
 */
import { expect, test } from "vitest";
import { simulate, usualFaults } from "../../src/index.ts";

const found: readonly (readonly [seed: number, wrong: string])[] = [
  [1659, "a refused command was said to have had no effect, while a second copy of it was on its way to the leader"],
  [10_045, "a command that was given up was said never to have been sent, and went with others of its batch"],
  [5391, "an acceptor that alone held a slot never heard that all before it was trimmed elsewhere, its own Trim lost"],
  [15_057, "a learner lost its Trim, and its acceptor could send no other learner to its snapshot"],
  [
    22_324,
    "a slot was chosen by an acceptor that was then cut off, and the leader went on committing what nobody could learn",
  ],
  [24_655, "a torn tail whose cut was lost with a failed sync lay behind what was appended later, and could come back"],
  [
    53_011,
    "the checker of deliveries forgot that a learner had begun from its own snapshot when it got a newer one, and took " +
      "what it delivered in that turn for a gap; the learner was right",
  ],
];

/** As they were found, when no members changed unless that was asked for. */
test.each(found)("seed %i: %s", (seed) => {
  expect(simulate({ seed, membersChange: false }).violation).toBeUndefined();
});

test("seed 235 of generalized: a command whose answer was lost was not answered again as long as its instance was open", () => {
  expect(simulate({ protocol: "generalized", seed: 235 }).violation).toBeUndefined();
});

test("seed 91 of generalized: what was asked for again filled one small instance after the other, and nothing new got in", () => {
  const faults = ["partition", "loss", "delay"] as const;
  expect(simulate({ protocol: "generalized", nodes: 4, faults, seed: 91 }).violation).toBeUndefined();
});

/** Of runs in which all usual kinds were asked for, and so members change. */
const foundInChanges: typeof found = [
  [110, "a node whose disk could not be read when it first started was never let in again"],
  [122, "nobody was elected once the disk of a former member was gone: all were asked for its quorum, too"],
  [35, "a client asked nodes that had long gone as often as the one that was left"],
  [
    869,
    "a client asked each proposer always with the same learner beside it, and never the two that were there at once",
  ],
];

test.each(foundInChanges)("seed %i, with members that change: %s", (seed) => {
  expect(simulate({ seed, faults: usualFaults }).violation).toBeUndefined();
});

/** As `check` runs them, of any protocol. */
const foundAsUsual: readonly (readonly [protocol: string, seed: number, wrong: string])[] = [
  [
    "multi",
    78_168,
    "a former member went, with the only snapshot of what a member had dropped from its log and its own learner lacked",
  ],
  [
    "multi",
    50_324,
    "with a phase 1 quorum of one, each new leader found the others bound by a lease of the one before, and left one itself",
  ],
  [
    "multi",
    2019,
    "a node was voted out while it was down, and all whom it knew were gone when it came back: nobody could tell it",
  ],
  [
    "multi",
    3325,
    "an acceptor that had joined asked only the members to come for what it lacked: none but the one that left had it",
  ],
  [
    "multi",
    3612,
    "a learner far behind, on the leader's own node, knew only nodes that had gone, and never heard who had its snapshot",
  ],
  ["multi", 6197, "a former member, cut off while all whom it knew went as well, could ask nobody whether it may go"],
  [
    "multi",
    9143,
    "a leader that heard in its election that it is no member led on, and no client asks a node that has gone",
  ],
  [
    "cheap",
    1649,
    "an acceptor whose learner's mending was lost asked for one page in each of its turns: it was never near, and no member",
  ],
  [
    "cheap",
    1921,
    "the world let a main go on with a damaged disk: it voted out the other one, and failed after that, and one was too many",
  ],
  ["cheap", 12_357, "an auxiliary was asked for the next page of what it had promised, when the mains answered again"],
  [
    "byzantine",
    5844,
    "where snapshots are due at set slots, none was made of one that was fetched, and the log beside it lacked all before",
  ],
  [
    "byzantine",
    8015,
    "a proposer had heard of a ballot that its acceptor forgot when it crashed, and doubted that one for ever",
  ],
  [
    "generalized",
    6135,
    "all votes for the end of an instance were lost, and the acceptors, who knew it to be closed, said nothing any more",
  ],
  [
    "fast-byzantine",
    7121,
    "the world started a learner whose disk was lost; in threads it does not start, since its log keeps what it has said",
  ],
  ["commit", 2933, "the world damaged a file of a log that had just been removed"],
  [
    "fast",
    16_359,
    "an acceptor had missed what its learner told it, the learner had forgotten it, and no other could learn so much: " +
      "no leader was vouched for any more",
  ],
];

test.each(foundAsUsual)("%s, seed %i: %s", (protocol, seed) => {
  expect(simulate({ protocol, seed }).violation).toBeUndefined();
});

test("seed 54, with disks lost and nodes replaced: the administrator asked a lost node, and no other, for ever", () => {
  const faults = ["replace-node", "disk-lost", "node-crash", "several-crash"] as const;
  expect(simulate({ nodes: 3, faults, seed: 54 }).violation).toBeUndefined();
});
