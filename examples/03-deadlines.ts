// Deadlines, cancellation, and what the errors say. Run it with `node examples/03-deadlines.ts`.
import assert from "node:assert/strict";
import { Cancelled, NoQuorum } from "@synod/client";
import { Cluster } from "@synod/cluster";

await using cluster = await Cluster.start({ nodes: 3 });
const client = cluster.client();
await client.put("lock", "free");

// Two of three nodes are gone: no quorum, and the error says so within the deadline.
await cluster.kill(2);
await cluster.kill(3);
const failure = await client.put("lock", "mine", { deadlineMs: 1500 }).catch((error: unknown) => error);
assert(failure instanceof NoQuorum);
console.log(failure.message);

// A caller may give up earlier.
const controller = new AbortController();
const pending = client.put("lock", "mine", { signal: controller.signal });
controller.abort();
await assert.rejects(pending, Cancelled);

// One node comes back, and with it the quorum. What failed above may or may not have taken effect by now: a failure
// other than Overloaded says only that nobody knows.
await cluster.restart(2);
await client.put("lock", "mine", { deadlineMs: 10_000 });
assert.equal(await client.get("lock"), "mine");
console.log(`the lock is ${await client.get("lock")}`);
