import { newKeyValueMachine, type StateMachine } from "@synod/machines";
import { addressOf, multi, newOutput, unchanged } from "@synod/protocol";
import { describe, expect, test } from "vitest";
import { multiWith, multiWithAcceptor } from "../../src/museum/multi-exhibits.ts";
import { PatchedRole } from "../../src/museum/patched-role.ts";
import { acquit, visit, type Exhibit } from "../../src/museum/index.ts";
import { simulate } from "../../src/simulate.ts";

const proposer = addressOf("proposer", 1);
const prepare: multi.Message = { kind: "Prepare", ballot: 4, from: 1 };

const nothing = { name: "nothing", title: "", story: "", source: "" };

describe("a patched role", () => {
  test("is the role itself as long as the patch changes nothing", () => {
    const patched = multiWith({
      proposer: (configuration, node, random, clock) =>
        new PatchedRole(new multi.Proposer(configuration, node, random, { clock }), () => ({})),
      acceptor: (configuration, node, clock) =>
        new PatchedRole(new multi.Acceptor(configuration, node, clock), () => ({})),
      learner: (learner) => new PatchedRole(learner, () => ({ step: (from, message, step) => step(from, message) })),
    });
    for (const seed of [1, 2, 3]) expect(patched.run({ seed }).hash).toBe(simulate({ seed }).hash);
  });

  test("changes what goes in and what comes out, and leaves alone what others have put in the output", () => {
    const configuration = multi.configurationOf(3);
    const role = new PatchedRole(new multi.Acceptor(configuration, 1), () => ({
      step: (from, message, step) => step(from, message.kind === "Prepare" ? { ...message, ballot: 7 } : message),
      output: (out) => {
        out.persist.length = 0;
      },
    }));
    const out = newOutput<multi.Message, multi.Entry, multi.Delivery>();
    out.persist.push({ kind: "Trim", slot: 9, memberships: unchanged });
    role.step(proposer, prepare, out);
    expect(out.persist).toEqual([{ kind: "Trim", slot: 9, memberships: unchanged }]);
    expect(out.sendAfterPersist).toMatchObject([{ to: proposer, message: { kind: "Promised", ballot: 7 } }]);
  });

  test("takes back only what the patch lets through", () => {
    const configuration = multi.configurationOf(3);
    const role = new PatchedRole(new multi.Acceptor(configuration, 1), () => ({
      restores: (entry) => entry.kind !== "Prepare",
    }));
    role.restore({ kind: "Prepare", ballot: 7, from: 1 });
    expect(role.status()["ballot"]).toBe(0);
    role.restore({ kind: "Accept", ballot: 5, slot: 1, commitPoint: 0, value: new Uint8Array(1) });
    expect(role.status()["ballot"]).toBe(5);
  });
});

describe("a tour", () => {
  test("says of what is not caught that it is not", () => {
    const exhibit: Exhibit = { ...nothing, simulation: multiWith({}) };
    expect(visit(exhibit, 3)).toEqual({ name: "nothing", caught: false, seeds: 3, checker: "", message: "" });
    expect(acquit(exhibit, 3)).toEqual({ name: "nothing", seeds: 3, failed: undefined });
  });

  test("ends at the seed that finds the bug", () => {
    const simulation = multiWithAcceptor(() => ({ output: (out) => void out.persist.splice(0) }));
    const visited = visit({ ...nothing, simulation, options: { nodes: 3 } }, 10);
    expect(visited).toMatchObject({ caught: true, seeds: 1, checker: "durability" });
  });

  test("blames the right code when it fails under the options of an exhibit", () => {
    let machines = 0;
    // No two machines have the same state: what no replicated state machine can bear.
    const machine = (): StateMachine => {
      const real = newKeyValueMachine();
      machines += 1;
      const mark = Uint8Array.of(machines);
      return {
        name: real.name,
        apply: (command, reply) => real.apply(command, reply),
        query: (query, reply) => real.query(query, reply),
        snapshot: () => [mark, ...real.snapshot()],
        restore: (parts) => real.restore([...parts].slice(1)),
      };
    };
    const exhibit: Exhibit = {
      ...nothing,
      simulation: multiWith({}),
      options: { nodes: 3, faults: ["none"], machine },
    };
    expect(acquit(exhibit, 2).failed).toMatchObject({ seed: 1, violation: { checker: "replicas" } });
  });
});
