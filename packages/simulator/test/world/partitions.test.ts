import { describe, expect, test } from "vitest";
import { simulate, simulationOf } from "../../src/index.ts";
import { newMultiProtocol } from "../../src/protocols/multi.ts";
import { Reach, type Cut } from "../../src/world/reach.ts";
import { faultOf, FaultyNetwork, kindOf } from "./faulty-network.ts";

const nodes = [1, 2, 3, 4, 5];

/** Each line is a sender, each mark in it a receiver that hears it. */
const pictures: readonly (readonly [string, readonly number[], number, readonly string[]])[] = [
  ["partition", [1, 4], 0, ["x..x.", ".xx.x", ".xx.x", "x..x.", ".xx.x"]],
  ["one-way", [1, 4], 0, ["x..x.", "xxxxx", "xxxxx", "x..x.", "xxxxx"]],
  ["one-way", [1, 4], 1, ["xxxxx", ".xx.x", ".xx.x", "xxxxx", ".xx.x"]],
  ["quorum-loss", [2, 1, 3, 4, 5], 0, ["xx...", "xxxxx", ".xx..", ".x.x.", ".x..x"]],
  ["constrained-election", [2, 5, 1, 3, 4], 0, ["xx...", "xxxx.", ".xx..", ".x.x.", "....x"]],
  ["chained", [3, 1, 2, 5, 4], 0, ["xxx..", "xx..x", "x.x..", "...xx", ".x.xx"]],
];

test.each(pictures)("%s of %j in way %i cuts off whom it says, and ends", (name, struck, amount, picture) => {
  const world = new FaultyNetwork(nodes);
  const end = world.begin(faultOf(name, { nodes: struck, amount }));
  expect(world.picture(nodes)).toEqual(picture);
  expect(world.faults.get(name)).toBe(picture.join("").replaceAll("x", "").length);
  end();
  expect(world.picture(nodes)).toEqual(["xxxxx", "xxxxx", "xxxxx", "xxxxx", "xxxxx"]);
});

test("flapping comes and goes", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("flapping", { nodes: [1], amount: 10_000 }));
  const heard = Array.from({ length: 6 }, () => {
    const [line = ""] = world.picture([1, 2]);
    world.pass(6000);
    return line;
  });
  expect(heard).toEqual(["x.", "xx", "x.", "xx", "x.", "xx"]);
});

test("a constrained election begins with a link that is cut, between the node that leads and the one that may", () => {
  const world = new FaultyNetwork([1, 2, 3]);
  world.begin(faultOf("constrained-election", { nodes: [1, 2, 3], amount: 10_000 }));
  expect(world.picture([1, 2, 3])).toEqual(["x.x", ".xx", "xxx"]);
  world.pass(1000);
  expect(world.picture([1, 2, 3])).toEqual(["x.x", ".x.", "x.x"]);
});

describe("what is due under a partition that stays", () => {
  const cutOf = (name: string, order: readonly number[]): Cut => {
    const cut = kindOf(name).lastingCut?.({ nodes: order });
    if (cut === undefined) throw new Error(`${name} does not last`);
    return cut;
  };
  const due = (reach: Reach, count: number, lost: ReadonlySet<number> = new Set()) =>
    nodes.slice(0, count).filter((node) => reach.hearsLeaders(node, lost));

  test.each(["partition", "one-way", "flapping"])("%s never stays", (name) => {
    expect(kindOf(name).lastingCut).toBeUndefined();
  });

  test("without one all nodes must catch up", () => {
    const reach = new Reach({ nodes, quorumNodes: 3, leaderNodes: 3 });
    expect(reach.isQuorumReached(new Set([1, 2]))).toBe(true);
    expect(reach.isQuorumReached(new Set([1, 2, 3]))).toBe(false);
    expect(due(reach, 5)).toEqual(nodes);
  });

  test("of five nodes that lost their quorum but one, all hear that one", () => {
    const reach = new Reach({ nodes, quorumNodes: 3, leaderNodes: 3 });
    reach.cut = cutOf("quorum-loss", [2, 1, 3, 4, 5]);
    expect(due(reach, 5)).toEqual(nodes);
    expect(reach.isQuorumReached(new Set([1, 3]))).toBe(true);
    expect(reach.isQuorumReached(new Set([2]))).toBe(false);
  });

  test("of three, each may lead with the one in the middle, who alone hears all that may", () => {
    const reach = new Reach({ nodes: [1, 2, 3], quorumNodes: 2, leaderNodes: 2 });
    reach.cut = cutOf("quorum-loss", [2, 1, 3]);
    expect(due(reach, 3)).toEqual([2]);
  });

  test("a leader of a small phase 2 quorum may go on where none could come to lead", () => {
    const reach = new Reach({ nodes, quorumNodes: 4, leaderNodes: 2 });
    const cut = cutOf("quorum-loss", [2, 1, 3, 4, 5]);
    expect(reach.allows(cut)).toBe(true);
    reach.cut = cut;
    expect(due(reach, 5)).toEqual([2]);
  });

  test("the node that is cut off from all is not due, and no quorum is left when it takes all nodes", () => {
    const reach = new Reach({ nodes, quorumNodes: 3, leaderNodes: 3 });
    const cut = cutOf("constrained-election", [2, 5, 1, 3, 4]);
    expect(new Reach({ nodes, quorumNodes: 5, leaderNodes: 1 }).allows(cut)).toBe(false);
    reach.cut = cut;
    expect(due(reach, 5)).toEqual([1, 2, 3, 4]);
  });

  test("of a chain of five only the middle hears all that may lead; of four nobody comes to lead with four", () => {
    const reach = new Reach({ nodes, quorumNodes: 3, leaderNodes: 3 });
    reach.cut = cutOf("chained", [1, 2, 3, 4, 5]);
    expect(due(reach, 5)).toEqual([3]);
    const four = new Reach({ nodes: [1, 2, 3, 4], quorumNodes: 4, leaderNodes: 1 });
    expect(four.allows(cutOf("chained", [1, 2, 3, 4]))).toBe(false);
  });
});

const partial = ["quorum-loss", "constrained-election", "chained"];

test.each(partial)("%s may stay, and clients are answered under it", (name) => {
  const runs = Array.from({ length: 12 }, (_, index) => simulate({ seed: index + 1, nodes: 5, faults: [name] }));
  const lasting = runs.filter(({ schedule }) => schedule.some((fault) => fault.lasting === true));
  expect(lasting.length).toBeGreaterThan(0);
  for (const run of lasting) {
    expect(run.violation).toBeUndefined();
    expect(run.reached["lasting-partitions"]).toBe(1);
    expect(run.faults[name]).toBeGreaterThan(0);
    const only = run.schedule.filter((fault) => fault.lasting !== true).map(({ index }) => index);
    const ending = simulate({ seed: run.seed, nodes: 5, faults: [name], only });
    expect(ending.reached["lasting-partitions"]).toBeUndefined();
    expect(ending.violation).toBeUndefined();
  }
});

test("a partition that stays and leaves no quorum to anybody is a violation: it does stay, and progress is demanded", () => {
  const real = newMultiProtocol();
  const careless = simulationOf({
    ...real,
    // All five nodes are each quorum's, and nobody says so.
    cast: (setting) => ({ ...real.cast(setting), spareNodes: 4, leaderNodes: 1 }),
  });
  const checkers = new Set<string | undefined>();
  for (let seed = 1; seed <= 100 && !checkers.has("progress"); seed++) {
    checkers.add(careless.run({ seed, nodes: 4, faults: ["chained", "constrained-election"] }).violation?.checker);
  }
  expect(checkers).toContain("progress");
});
