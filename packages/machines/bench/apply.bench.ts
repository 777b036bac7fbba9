/**
 * What a replica costs per command: `vitest bench --run packages/machines`. Figures are per batch of 512 puts.
 */
import { addressOf } from "@synod/protocol";
import { test } from "vitest";
import { encodePut, KeyValueMachine, Replica, RequestWriter, setReplyTo, encodeOpen } from "../src/index.ts";

const batch = 512;
const text = "sixteen byte val";
const client = addressOf("client", 9);

test("puts of 16 bytes, 512 a batch", async ({ bench }) => {
  const requests = new RequestWriter();
  let sequence = 0;
  const encode = (): Uint8Array => {
    sequence += 1;
    requests.begin({ client, replyTo: 1, session: 1, sequence, acknowledged: sequence });
    for (let i = 0; i < batch; i++) {
      const key = `key${(sequence * 7919 + i * 31) % 100_000}`;
      requests.add((command) => encodePut(command, key, text));
    }
    return requests.take();
  };
  await bench("encode", encode).run();

  const replica = new Replica({ machine: new KeyValueMachine(), node: 1 });
  const respond = (): void => undefined;
  replica.apply(1, encodeOpen({ client, replyTo: 1 }, 1), respond);
  sequence = 0;
  const values = Array.from({ length: 256 }, encode);
  let slot = 1;
  await bench("apply", () => {
    const value = values[slot % values.length] ?? encode();
    slot += 1;
    setSequence(value, slot - 1);
    replica.apply(slot, value, respond);
  }).run();
});

/** The same commands as another request: applying is measured, not encoding. */
function setSequence(entry: Uint8Array, sequence: number): void {
  const view = new DataView(entry.buffer, entry.byteOffset);
  view.setUint32(21, sequence, true);
  view.setUint32(29, sequence, true);
  setReplyTo(entry, 1);
}
