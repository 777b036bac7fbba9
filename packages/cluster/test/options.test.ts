import { QuorumError } from "@synod/protocol";
import { expect, test, vi } from "vitest";
import { Cluster, ConfigurationError, type ClusterOptions } from "../src/index.ts";
import { newFolder } from "./folders.ts";

const machines = new URL("./machines.ts", import.meta.url).href;

/** Starts a cluster that must not start; returns why. */
async function refusal(options: unknown): Promise<ConfigurationError> {
  // What comes from JavaScript, or from a file, has not been checked by a compiler.
  const failure: unknown = await Cluster.start(options as ClusterOptions).then(
    async (cluster) => {
      await cluster.close();
      return "it started";
    },
    (reason: unknown) => reason,
  );
  expect(failure).toBeInstanceOf(ConfigurationError);
  return failure as ConfigurationError;
}

test.each([
  [{ nodes: 0 }, /nodes/],
  [{ nodes: 31 }, /nodes/],
  [{ nodes: 2.5 }, /nodes/],
  [{ nodes: "3" }, /nodes/],
  [{ data: "" }, /data/],
  [{ placement: "process" }, /placement/],
  [{ learning: "never" }, /learning/],
  [{ protocol: "fast", recovery: "none" }, /recovery/],
  [{ protocol: "generalized", recovery: "uncoordinated" }, /recovery: generalized leaves no choice/],
  [{ reads: "guessed" }, /reads/],
  [{ protocol: "cheap", reads: "leased" }, /reads: cheap leaves no choice/],
  [{ signatures: "elsewhere" }, /signatures/],
  [{ snapshotBytes: 0 }, /snapshotBytes/],
  [{ segmentBytes: -1 }, /segmentBytes/],
  [{ nodse: 3 }, /nodse/],
  [{ machine: { url: "" } }, /machine/],
  [{ quorums: { phase1: 2 } }, /phase2/],
])("%j is refused by the name of the option", async (options, name) => {
  expect((await refusal(options)).message).toMatch(name);
});

test("quorums that need not meet are refused, with two that do not", async () => {
  const failure = await refusal({ nodes: 3, quorums: { phase1: 1, phase2: 1 } });
  expect(failure.message).toContain("quorums do not intersect: phase 1 {1} and phase 2 {2}");
  expect(failure.cause).toBeInstanceOf(QuorumError);
});

test("acceptors of Fast Paxos recover by themselves when they are told to", async () => {
  for (const [recovery, ballot] of [
    [undefined, 0],
    ["uncoordinated", 2],
  ] as const) {
    await using cluster = await Cluster.start({
      protocol: "fast",
      placement: "node",
      ...(recovery === undefined ? {} : { recovery }),
    });
    await cluster.client().put("key", "value");
    // Of a term 0 is the leader's to recover from, 2 the acceptors'. A late acceptor promises only the term.
    const promised = async (): Promise<readonly number[]> => {
      const { roles } = await cluster.status();
      const acceptors = roles.filter(({ role }) => role === "acceptor");
      return acceptors.map(({ report }) => Number(report?.status["ballot"]) % 5);
    };
    await vi.waitFor(async () => expect(await promised()).toContain(ballot), { timeout: 10_000 });
    if (recovery === undefined) expect(await promised()).not.toContain(2);
  }
});

test("a quorum of more acceptors than there are is refused", async () => {
  expect((await refusal({ nodes: 3, quorums: { phase1: 4, phase2: 1 } })).message).toContain("1 to 3");
});

test.each([
  ["volatile", () => ({})],
  ["durable", () => ({ data: newFolder() })],
])("a machine that is none is refused before any thread starts, %s", async (_name, where) => {
  const withMachine = (url: string, factory: string): Promise<ConfigurationError> =>
    refusal({ ...where(), machine: { url, factory } });
  expect((await withMachine("file:///nowhere/machine.ts", "newCounter")).message).toContain(
    "file:///nowhere/machine.ts cannot be imported",
  );
  expect((await withMachine(machines, "newNothing")).message).toContain("a function newNothing");
  expect((await withMachine(machines, "notAFunction")).message).toContain("a function notAFunction");
  expect((await withMachine(machines, "nameless")).message).toContain("with a name");
  expect((await withMachine(machines, "throwing")).message).toContain("no machine today");
});
