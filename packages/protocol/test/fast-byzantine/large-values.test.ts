/**
 * A leader that is replaced while many large values are voted for: they go over no path all at once.
 */
import { expect, test } from "vitest";
import {
  addressOf,
  fastByzantine,
  newOutput,
  nodeOf,
  roleOf,
  type Address,
  type Envelope,
  type Value,
} from "@synod/protocol";

type Message = fastByzantine.Message;

const configuration = fastByzantine.configurationOf(6);
const { nodes } = configuration;
const slots = Array.from({ length: 40 }, (_, index) => index + 1);
const valueBytes = 500_000;
const unsigned = new Uint8Array(0);

/** Enough to tell these values from each other. */
const digest = (value: Value): Uint8Array => value.slice(0, 16);

function valueOf(slot: number): Value {
  const value = new Uint8Array(valueBytes);
  new DataView(value.buffer).setUint32(0, valueBytes - 4, true);
  value[4] = slot;
  return value;
}

const bytesOf = (message: Message): number => ("value" in message ? message.value.length : 0);

/** Acceptors that voted for all of the first ballot, of which nothing is stable, and the proposer of the second one. */
function cast() {
  const acceptors = new Map(
    nodes.map((node) => {
      const role = new fastByzantine.Acceptor(configuration, node, digest);
      for (const slot of slots) role.restore({ kind: "Accept", ballot: 1, slot, value: valueOf(slot) });
      return [node, role];
    }),
  );
  const leader = new fastByzantine.Proposer(configuration, 2, digest);
  const said: Message[] = [];
  /** Of what one acceptor says in one turn. */
  let mostBytes = 0;
  const turn = (
    role: fastByzantine.Acceptor | fastByzantine.Proposer,
    from: Address,
    message: Message,
  ): readonly Envelope<Message>[] => {
    const out = newOutput<Message, fastByzantine.Entry, fastByzantine.Delivery>();
    role.step(from, message, out);
    role.flush(out);
    return [...out.send, ...out.sendAfterPersist];
  };
  /** All that follows from a message, but for what some acceptors keep back. */
  const play = (from: Address, message: Message, isKept: (node: number, message: Message) => boolean): void => {
    let toLeader: (readonly [Address, Message])[] = [[from, message]];
    while (toLeader.length > 0) {
      const answers: (readonly [Address, Message])[] = [];
      for (const [sender, received] of toLeader) {
        for (const { to, message: sent } of turn(leader, sender, received)) {
          said.push(sent);
          const acceptor = roleOf(to) === "acceptor" ? acceptors.get(nodeOf(to)) : undefined;
          if (acceptor === undefined || sent.kind === "Accept") continue;
          const replies = turn(acceptor, addressOf("proposer", 2), sent).map((reply) => reply.message);
          mostBytes = Math.max(
            mostBytes,
            replies.reduce((sum, reply) => sum + bytesOf(reply), 0),
          );
          for (const reply of replies) if (!isKept(nodeOf(to), reply)) answers.push([to, reply]);
        }
      }
      toLeader = answers;
    }
  };
  return { play, said, mostBytes: () => mostBytes };
}

function elected(isKept: (node: number, message: Message) => boolean) {
  const { play, said, mostBytes } = cast();
  for (const node of [3, 4, 5]) {
    play(addressOf("proposer", node), { kind: "Suspect", ballot: 1, signature: unsigned }, isKept);
  }
  const proposed = said.filter((message) => message.kind === "Accept").map(({ slot, value }) => [slot, value[4]]);
  const wanted = said.filter(({ kind }) => kind === "Wanted").length;
  return { proposed: new Map(proposed.map(([slot = 0, mark]) => [slot, mark])), wanted, mostBytes: mostBytes() };
}

test("an acceptor sends one value at a time, and the next leader proposes what its window has room for", () => {
  const { proposed, wanted, mostBytes } = elected(() => false);
  expect(mostBytes).toBe(valueBytes);
  expect(proposed.size).toBeGreaterThan(configuration.limits.windowBytes / valueBytes);
  for (const [slot, mark] of proposed) expect(mark).toBe(slot);
  // Each value of one acceptor, but for the last ones, which may be on their way from another.
  expect(wanted).toBeLessThan(slots.length + nodes.length);
});

test("values that one keeps back come from another", () => {
  const { proposed } = elected((node, message) => message.kind === "Payload" && node === 4);
  expect(proposed.size).toBeGreaterThan(configuration.limits.windowBytes / valueBytes);
});

test("a value that nobody sends is waited for: the slot may have been learned", () => {
  const { proposed } = elected((_node, message) => message.kind === "Payload" && message.slot === 40);
  expect(proposed.size).toBe(0);
});
