import { describe, expect, test } from "vitest";
import { simulate } from "../../src/index.ts";
import { faultOf } from "./faulty-network.ts";
import { newSmallWorld } from "./small-world.ts";

const second = 1_000_000;

describe("crashes", () => {
  test("node-crash takes the power of one node, and gives it back", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("node-crash", { nodes: [2] }));
    expect([1, 2, 3].map((node) => small.up(node))).toEqual([3, 0, 3]);
    expect(small.reached.get("power-failures")).toBe(1);
    end();
    expect(small.up(2)).toBe(3);
    expect(small.world.faults.counts()).toEqual({ "node-crash": 1 });
  });

  test("node-kill ends the processes and leaves the power on", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("node-kill", { nodes: [2] }));
    expect([1, 2, 3].map((node) => small.up(node))).toEqual([3, 0, 3]);
    expect(small.reached.get("power-failures")).toBe(0);
    // Who is down already is not killed again.
    small.begin(faultOf("node-kill", { nodes: [2] }));
    end();
    expect(small.up(2)).toBe(3);
    expect(small.world.faults.counts()).toEqual({ "node-kill": 1 });
  });

  test("what was written and not synced survives a kill, and may not survive a power failure", () => {
    const left = (crash: "node-kill" | "node-crash"): string => {
      const small = newSmallWorld();
      small.pass(second);
      const { disk } = small.victim(1);
      const files = disk.filesFor({ address: 0, awake: () => undefined, pause: () => undefined });
      files.createFolder("/kept");
      files.open("/kept/file", "create").write(Uint8Array.of(7), 0, 1, 0);
      small.begin(faultOf(crash, { nodes: [1] }));
      const found = disk.filesFor({ address: 0, awake: () => undefined, pause: () => undefined });
      return found.list("/kept").join();
    };
    expect(left("node-kill")).toBe("file");
    expect(["", "file"]).toContain(left("node-crash"));
  });

  test("role-crash ends one process of a node, all of them when they share it", () => {
    const small = newSmallWorld();
    const end = small.begin(faultOf("role-crash", { nodes: [2], amount: 4 }));
    expect([1, 2, 3].map((node) => small.up(node))).toEqual([3, 2, 3]);
    expect(small.victim(2).processes.get("acceptor")?.isUp).toBe(false);
    end();
    expect(small.up(2)).toBe(3);

    const together = newSmallWorld("node");
    together.begin(faultOf("role-crash", { nodes: [2], amount: 4 }));
    expect(together.up(2)).toBe(0);
  });

  test.each([
    ["several-crash", [1, 3], [0, 3, 0]],
    ["cluster-crash", [1, 2, 3], [0, 0, 0]],
  ] as const)("%s takes the power of %j in one moment, and they come back apart", (name, nodes, up) => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf(name, { nodes }));
    expect([1, 2, 3].map((node) => small.up(node))).toEqual(up);
    expect(small.world.faults.counts()).toEqual({ [name]: 1 });
    const counts = new Set<number>();
    for (let part = 0; part < 100; part++) {
      small.pass(second / 100);
      counts.add([1, 2, 3].filter((node) => small.up(node) > 0).length);
    }
    expect(counts.size).toBeGreaterThan(nodes.length);
    end();
    expect([1, 2, 3].map((node) => small.up(node))).toEqual([3, 3, 3]);
  });

  test("recovery-crash stops a node in the middle of its recovery, and it still comes back", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("recovery-crash", { nodes: [1], amount: 3 }));
    small.pass(second);
    expect(small.world.faults.get("recovery-crash")).toBeGreaterThan(0);
    expect(small.reached.get("power-failures")).toBeGreaterThan(1);
    end();
    expect(small.up(1)).toBe(3);
    small.pass(second);
    expect(small.violations).toEqual([]);
  });

  test.each(["node-crash", "several-crash", "cluster-crash"])(
    "%s of nodes that are down already is not counted",
    (name) => {
      const small = newSmallWorld();
      for (const node of [1, 2]) small.victim(node).crash("on");
      small.begin(faultOf(name, { nodes: [1, 2] }));
      expect(small.world.faults.counts()).toEqual({});
    },
  );

  test("what a node that is lost for good suffers is not counted, and it does not come back", () => {
    const small = newSmallWorld();
    expect(small.victim(2).lose()).toBe(true);
    small.victim(2).crash("on");
    for (const name of ["node-crash", "node-kill", "role-crash", "recovery-crash"]) {
      small.begin(faultOf(name, { nodes: [2] }))();
    }
    small.pass(second);
    expect(small.up(2)).toBe(0);
    expect(small.world.faults.counts()).toEqual({});
  });

  test("a node is not lost when a partition that stays needs it", () => {
    const small = newSmallWorld();
    small.world.reach.cut = (from, to) => from !== 2 && to !== 2;
    expect(small.victim(2).lose()).toBe(false);
    expect(small.victim(1).lose()).toBe(true);
  });
});

describe("pauses", () => {
  test("a paused node does nothing, and then goes on with what has arrived", () => {
    const small = newSmallWorld();
    small.pass(second);
    const leader = small.leader();
    small.begin(faultOf("pause", { nodes: [leader], amount: -1, microseconds: 2 * second }));
    const from = small.world.clock.now;
    small.pass(3 * second);
    const own = small.sent.filter(({ node, at }) => node === leader && at > from);
    expect(own.length).toBeGreaterThan(0);
    expect(Math.min(...own.map(({ at }) => at))).toBeGreaterThanOrEqual(from + 2 * second);
    expect(small.leader()).not.toBe(leader);
    expect(small.world.faults.counts()).toEqual({ pause: 1 });
  });

  test("one process pauses alone", () => {
    const small = newSmallWorld();
    small.pass(second);
    const leader = small.leader();
    small.begin(faultOf("pause", { nodes: [leader], amount: 1, microseconds: second }));
    const from = small.world.clock.now;
    small.pass(second - 1);
    const roles = new Set(small.sent.filter(({ node, at }) => node === leader && at > from).map(({ role }) => role));
    expect(roles).not.toContain("acceptor");
    expect(roles).toContain("proposer");
  });

  test("a process that is killed in its pause begins its next life awake", () => {
    const small = newSmallWorld();
    small.pass(second);
    small.begin(faultOf("pause", { nodes: [1], amount: -1, microseconds: 60 * second }));
    small.begin(faultOf("node-kill", { nodes: [1] }))();
    const from = small.world.clock.now;
    small.pass(second);
    expect(small.sent.some(({ node, at }) => node === 1 && at > from)).toBe(true);
  });
});

describe("clocks", () => {
  const heartbeatsIn = (small: ReturnType<typeof newSmallWorld>, microseconds: number): number => {
    const from = small.world.clock.now;
    small.pass(microseconds);
    return small.sent.filter(({ kind, at }) => kind === "Heartbeat" && at > from).length;
  };

  test("the pace of a process is that of its ticks", () => {
    const counts = [5000, 10_000, 20_000].map((tickMicroseconds) => {
      const small = newSmallWorld();
      small.pass(second);
      const { processes } = small.victim(small.leader());
      for (const { pace } of processes.values()) pace.tickMicroseconds = tickMicroseconds;
      // Without clients the commit point stays, and heartbeats come by the clock alone.
      for (const person of small.world.people) person.finish();
      small.pass(second);
      return heartbeatsIn(small, 4 * second);
    });
    const [fast = 0, usual = 0, slow = 0] = counts;
    expect(fast / usual).toBeCloseTo(2, 0);
    expect(usual / slow).toBeCloseTo(2, 0);
  });

  test("clock-drift changes the pace of each process by another part, up to 10 %, and ends", () => {
    const small = newSmallWorld();
    const ticks = () =>
      [1, 2, 3].flatMap((node) => [...small.victim(node).processes.values()].map(({ pace }) => pace.tickMicroseconds));
    const end = small.begin(faultOf("clock-drift", { nodes: [1, 2], amount: 100 }));
    const drifting = ticks();
    expect(new Set(drifting.slice(0, 6)).size).toBeGreaterThan(3);
    for (const tick of drifting.slice(0, 6)) {
      expect(tick).not.toBe(10_000);
      expect(tick).toBeGreaterThanOrEqual(9000);
      expect(tick).toBeLessThanOrEqual(11_000);
    }
    expect(drifting.slice(6)).toEqual([10_000, 10_000, 10_000]);
    end();
    expect(new Set(ticks())).toEqual(new Set([10_000]));
  });

  test("a clock that jumps forwards makes a follower suspect a leader that works", () => {
    const probes = (ticks: number): number => {
      const small = newSmallWorld();
      small.pass(second);
      const follower = (small.leader() % 3) + 1;
      const from = small.world.clock.now;
      if (ticks !== 0) small.begin(faultOf("clock-jump", { nodes: [follower], amount: ticks }));
      small.pass(5000);
      return small.sent.filter(({ kind, node, at }) => kind === "Probe" && node === follower && at >= from).length;
    };
    expect(probes(1000)).toBeGreaterThan(0);
    expect(probes(0)).toBe(0);
  });

  test("a clock that jumps back stands still, and goes on", () => {
    const small = newSmallWorld();
    for (const person of small.world.people) person.finish();
    small.pass(second);
    small.begin(faultOf("clock-jump", { nodes: [small.leader()], amount: -10 }));
    const leader = small.leader();
    const from = small.world.clock.now;
    small.pass(2 * second);
    const beats = small.sent.filter(({ kind, node, at }) => kind === "Heartbeat" && node === leader && at > from);
    expect(Math.min(...beats.map(({ at }) => at))).toBeGreaterThan(from + 90_000);
  });
});

test("a slow node takes its time for each turn, until it ends", () => {
  const small = newSmallWorld();
  small.pass(second);
  const end = small.begin(faultOf("slow-node", { nodes: [1], amount: 30_000 }));
  for (const { pace } of small.victim(1).processes.values()) expect(pace.turnMicroseconds).toBe(30_000);
  small.pass(second);
  end();
  for (const { pace } of small.victim(1).processes.values()) expect(pace.turnMicroseconds).toBe(20);
});

test.each(["node-crash", "node-kill", "role-crash", "several-crash", "cluster-crash", "recovery-crash", "pause"])(
  "runs with nothing but %s are sound, and it strikes",
  (name) => {
    const runs = Array.from({ length: 8 }, (_, index) => simulate({ seed: index + 1, nodes: 3, faults: [name] }));
    for (const { seed, violation } of runs) expect(violation, `seed ${seed}`).toBeUndefined();
    expect(runs.filter(({ faults }) => (faults[name] ?? 0) > 0).length).toBeGreaterThan(3);
  },
);
