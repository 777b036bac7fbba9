/**
 * The smallest cluster that a connection can be tried on: a replica behind a message port, which chooses what it gets.
 */
import { addressOf, leaderAccess, multi, type Address } from "@synod/protocol";
import { Host } from "@synod/driver";
import { newKeyValueMachine, Replica } from "@synod/machines";
import { MessagePortTransport, newPath } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import { Connection } from "../src/index.ts";

const proposer = addressOf("proposer", 1);

/** A connection to a node, and what ends the node. */
export function connectToOneNode(): { readonly connection: Connection; readonly closeNode: () => void } {
  const transport = new MessagePortTransport();
  const host = new Host<multi.Message>({
    transport,
    codec: newCodec<multi.Message>(multi.layout),
    group: 0,
    checksum: false,
    route: (address) => address,
    later: (turn) => void setImmediate(turn),
  });
  const replica = new Replica({ machine: newKeyValueMachine(), node: 1 });
  const respond = (client: Address, reply: Uint8Array): void =>
    host.send(proposer, client, { kind: "Response", reply });
  host.attach(proposer, {
    busy: false,
    turn: () => undefined,
    tick: () => undefined,
    post(from, message) {
      if (message.kind === "Request") replica.apply(replica.appliedSlot + 1, message.command, respond);
      if (message.kind === "Read") replica.query(from, message.query, respond);
    },
  });
  const closeNode = (): void => transport.close();
  const connection = new Connection({
    client: 1,
    layout: multi.layout,
    access: leaderAccess([1]),
    route: () => proposer,
    closed: closeNode,
  });
  const [here, there] = newPath();
  transport.connect(connection.endpoint, there);
  connection.connect(proposer, here);
  connection.session.start();
  return { connection, closeNode };
}
