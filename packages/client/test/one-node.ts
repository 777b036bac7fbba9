/**
 * The smallest cluster that a connection can be tried on: a replica behind a message port, which chooses what it gets.
 */
import { addressOf, leaderAccess, multi } from "@synod/protocol";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { Connection } from "../src/index.ts";
import { scriptedNodes, type ScriptedOptions } from "./scripted-nodes.ts";

/** A connection to a node, and what ends the node. */
export function connectToOneNode(): { readonly connection: Connection; readonly closeNode: () => void } {
  const replica = new Replica({ machine: newKeyValueMachine(), node: 1 });
  const node: ScriptedOptions<multi.Message> = {
    layout: multi.layout,
    addresses: [addressOf("proposer", 1)],
    take(_to, message, answer) {
      const respond = (_client: number, reply: Uint8Array): void => answer({ kind: "Response", reply });
      if (message.kind === "Request") replica.apply(replica.appliedSlot + 1, message.command, respond);
      if (message.kind === "Read") replica.query(addressOf("client", 1), message.query, respond);
    },
  };
  const { guest, close } = scriptedNodes(node, (place) => new Connection({ access: leaderAccess([1]), ...place }));
  return { connection: guest, closeNode: close };
}
