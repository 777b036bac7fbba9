// Run by recovery.test.ts: a process that holds a folder until it is killed.
import { Cluster } from "../src/index.ts";

const cluster = await Cluster.start({ nodes: 1, placement: "node", data: process.argv[2] ?? "" });
await cluster.client().put("held", "yes", { deadlineMs: 10_000 });
console.log("held");
