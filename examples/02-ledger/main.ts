// A state machine of your own in place of the key-value store: a bank ledger, kept in a folder.
// Run it with `node examples/02-ledger/main.ts`.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonCodec } from "@synod/client";
import { Cluster } from "@synod/cluster";
import type { Command, Reply } from "./ledger.ts";

const data = await mkdtemp(join(tmpdir(), "synod-ledger-"));
const machine = { url: new URL("./ledger.ts", import.meta.url).href, factory: "newLedger" };
{
  await using cluster = await Cluster.start({ nodes: 3, data, machine });
  const bank = cluster.machineClient(jsonCodec<Command, Reply, string, number>());
  await bank.command({ kind: "deposit", account: "ada", cents: 500 });
  await bank.command({ kind: "transfer", from: "ada", to: "bob", cents: 120 });
  assert.deepEqual(await bank.command({ kind: "transfer", from: "bob", to: "ada", cents: 500 }), {
    ok: false,
    why: "not enough money",
  });
}
{
  // Another start of the same folder goes on where the first one stopped.
  await using cluster = await Cluster.start({ nodes: 3, data, machine });
  const bank = cluster.machineClient(jsonCodec<Command, Reply, string, number>());
  assert.equal(await bank.query("ada"), 380);
  console.log(`ada has ${await bank.query("ada")} cents, bob has ${await bank.query("bob")}`);
}
await rm(data, { recursive: true });
