/**
 * The checkers in whole runs: a part that breaks a rule is found by the checker of that rule within few seeds.
 */
import { describe, expect, test } from "vitest";
import { multi, unchanged } from "@synod/protocol";
import { newKeyValueMachine, type StateMachine } from "@synod/machines";
import { FileSnapshots } from "@synod/storage";
import { PatchedRole, rewrite } from "../../src/museum/patched-role.ts";
import { newMultiProtocol, type MultiParts } from "../../src/protocols/multi.ts";
import { run, type RunOptions } from "../../src/world/run.ts";

const mostSeeds = 60;

/** Whether a checker finds the first violation of some seed. */
function finds(checker: string, parts: Partial<MultiParts>, options: Omit<RunOptions, "seed"> = {}): boolean {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    if (run(newMultiProtocol(parts), { seed, ...options }).violation?.checker === checker) return true;
  }
  return false;
}

type Change = (out: multi.Output) => void;

const acceptor = (output: Change): Partial<MultiParts> => ({
  acceptor: (configuration, node, clock) =>
    new PatchedRole(new multi.Acceptor(configuration, node, clock), () => ({ output })),
});
const proposer = (output: Change): Partial<MultiParts> => ({
  proposer: (configuration, node, random, clock) =>
    new PatchedRole(new multi.Proposer(configuration, node, random, { clock }), () => ({ output })),
});
const learner = (output: Change): Partial<MultiParts> => ({
  learner: (role) => new PatchedRole<multi.Message, multi.Entry, multi.Delivery>(role, () => ({ output })),
});
const withoutWaiting: Change = (out) => out.send.push(...out.sendAfterPersist.splice(0));

describe("a role that", () => {
  test.each<readonly [string, string, Partial<MultiParts>]>([
    ["answers before the sync", "durability", acceptor(withoutWaiting)],
    ["prepares before its ballot is durable", "durability", proposer(withoutWaiting)],
    [
      "reports nothing that it has accepted",
      "reports",
      acceptor((out) => {
        rewrite(out.sendAfterPersist, ({ to, message }) =>
          message.kind === "Promised" ? { to, message: { ...message, accepted: [], next: 0 } } : { to, message },
        );
      }),
    ],
    [
      "proposes what nobody asked for",
      "validity",
      proposer((out) => {
        rewrite(out.send, ({ to, message }) =>
          message.kind === "Accept" ? { to, message: { ...message, value: Uint8Array.of(1) } } : { to, message },
        );
      }),
    ],
    [
      "delivers a slot twice",
      "delivery",
      learner((out) => {
        const [first] = out.deliver;
        if (first?.kind === "chosen") out.deliver.unshift(first);
      }),
    ],
    [
      "lets the log go at once",
      "durability",
      acceptor((out) => {
        for (const entry of [...out.persist]) {
          if (entry.kind === "Accept" && entry.commitPoint > 0)
            out.persist.push({ kind: "Trim", slot: entry.commitPoint, memberships: unchanged });
        }
      }),
    ],
    [
      "leads by a commit point that it has made up",
      "learning",
      proposer((out) => {
        rewrite(out.send, ({ to, message }) =>
          message.kind === "Accept" ? { to, message: { ...message, commitPoint: message.slot } } : { to, message },
        );
      }),
    ],
  ])("%s", (_, checker, parts) => {
    expect(finds(checker, parts)).toBe(true);
  });
});

test("a snapshot without its name on the disk is not durable", () => {
  const parts: Partial<MultiParts> = {
    snapshots: (folder, files) => new FileSnapshots(folder, { ...files, syncFolder: () => undefined }),
  };
  expect(finds("durability", parts)).toBe(true);
});

describe("a machine that", () => {
  const changed = (change: (machine: StateMachine) => Partial<StateMachine>) => () => {
    const machine = newKeyValueMachine();
    const whole: StateMachine = {
      name: machine.name,
      apply: (command, reply) => machine.apply(command, reply),
      query: (query, reply) => machine.query(query, reply),
      snapshot: () => machine.snapshot(),
      restore: (parts) => machine.restore(parts),
    };
    return { ...whole, ...change(machine) };
  };

  test("is as it was made passes", () => {
    for (let seed = 1; seed <= 10; seed++) {
      expect(run(newMultiProtocol(), { seed, machine: changed(() => ({})) }).violation).toBeUndefined();
    }
  });

  test("differs from node to node is found", () => {
    let machines = 0;
    const machine = changed((inner) => {
      machines += 1;
      const own = machines;
      return {
        apply(command, reply) {
          inner.apply(command, reply);
          if (own % 3 === 0) reply.u8(own);
        },
      };
    });
    expect(finds("replicas", {}, { machine })).toBe(true);
  });

  test("keeps something outside its snapshot is found", () => {
    const machine = changed((inner) => {
      let applied = 0;
      return {
        apply(command, reply) {
          inner.apply(command, reply);
          applied += 1;
          reply.u32(applied);
        },
      };
    });
    expect(finds("replicas", {}, { machine })).toBe(true);
  });

  test("forgets in its snapshot is found", () => {
    expect(finds("replicas", {}, { machine: changed(() => ({ restore: (parts) => void [...parts] })) })).toBe(true);
  });
});

/** The rarest comes after some sixty seeds. */
const longMs = 120_000;

test("runs come to what the checkers look at", { timeout: longMs }, () => {
  const missing = new Set([
    "full-windows",
    "leader-changes",
    "log-catch-ups",
    "no-quorum",
    "overloads",
    "promise-pages",
    "reads-confirmed",
    "redirects",
    "repairs",
    "repeated-requests",
    "slots-finished",
    "snapshots-restored",
    "snapshots-taken",
    "states-compared",
    "torn-tails",
    "votes-let-go",
  ]);
  for (let seed = 1; seed <= 200 && missing.size > 0; seed++) {
    for (const name of Object.keys(run(newMultiProtocol(), { seed }).reached)) missing.delete(name);
  }
  expect([...missing]).toEqual([]);
});
