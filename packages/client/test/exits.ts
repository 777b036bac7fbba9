// Run by connection.test.ts: a process whose client is closed has nothing left to do, and ends.
import { KeyValueClient } from "../src/index.ts";
import { connectToOneNode } from "./one-node.ts";

const { connection } = connectToOneNode();
const client = new KeyValueClient(connection);
await client.put("a", "1");
const unanswered = client.put("b", "2").catch((failure: unknown) => String(failure));
client.close();
console.log(await unanswered);
