// A cluster of three nodes in this process, volatile, that survives the death of its leader's node.
// Run it with `node examples/01-quickstart.ts`.
import assert from "node:assert/strict";
import { Cluster } from "@synod/cluster";

await using cluster = await Cluster.start({ nodes: 3 });
const client = cluster.client();

await client.put("greeting", "hello");
const { leader } = await cluster.status();
await cluster.kill(leader);
const length = await client.append("greeting", ", world");

assert.equal(length, 12);
assert.equal(await client.get("greeting"), "hello, world");
console.log(`node ${leader} was killed; the greeting is "${await client.get("greeting")}"`);
