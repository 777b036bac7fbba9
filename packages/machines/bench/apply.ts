/**
 * What a put of 16 bytes costs: the client that encodes it and reads its reply, and the replica that applies it.
 *
 *     node --conditions=@synod/source packages/machines/bench/apply.ts [KEYS] [BATCH]
 *
 * Figures are CPU time, so that a busy machine does not blur them much.
 */
import { addressOf } from "@synod/protocol";
import { encodeOpen, encodePut, KeyValueMachine, readOk, Replica, ReplyReader, RequestWriter } from "@synod/machines";

const [keyCount = 1000, batch = 512] = process.argv.slice(2).map(Number);
const commands = 200_000;
const value = "sixteen byte val";
const client = addressOf("client", 9);
const keys = Array.from({ length: keyCount }, (_, i) => `key${i}`);

const replica = new Replica({ machine: new KeyValueMachine(), node: 1 });
const requests = new RequestWriter();
const replyReader = new ReplyReader();
const replies: Uint8Array[] = [];
const respond = (_client: number, reply: Uint8Array): void => {
  replies.push(reply);
};
let sequence = 0;
let drawn = 0;

function encode(): Uint8Array {
  sequence += 1;
  requests.begin({ client, replyTo: 1, session: 1, sequence, acknowledged: sequence });
  for (let i = 0; i < batch; i++) {
    drawn = (drawn + 7919) % keyCount;
    requests.add((command) => encodePut(command, keys[drawn] ?? "", value));
  }
  return requests.take();
}

function nanosecondsPerCommand(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) * 1000) / commands);
}

replica.apply(1, encodeOpen({ client, replyTo: 1 }, 1), () => undefined);
for (let round = 1; round <= 10; round++) {
  const values: Uint8Array[] = [];
  const encodeNs = nanosecondsPerCommand(() => {
    for (let i = 0; i < commands; i += batch) values.push(encode());
  });
  const applyNs = nanosecondsPerCommand(() => {
    for (const each of values) replica.apply(replica.appliedSlot + 1, each, respond);
  });
  const readNs = nanosecondsPerCommand(() => {
    for (const reply of replies.splice(0)) {
      replyReader.read(reply);
      replyReader.visit({
        reply: (_index, each) => readOk(each),
        refused: (_index, reason) => {
          throw new Error(reason);
        },
      });
    }
  });
  console.log(`round ${round}: encode ${encodeNs} ns, apply ${applyNs} ns, read the reply ${readNs} ns per command`);
}
