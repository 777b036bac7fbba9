/**
 * What liars make of the messages of Byzantine Paxos.
 */
import {
  addressOf,
  joinCommands,
  nodeOf,
  type byzantine,
  type Address,
  type Envelope,
  type Random,
} from "@synod/protocol";
import { quickDigest } from "../world/digest.ts";
import type { Tongue } from "../world/lies.ts";

type Message = byzantine.Message;

const nothing = new Uint8Array(0);
const someSignature = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

export const byzantineTongue: Tongue<Message> = { contradict, forge, echo };

/** A no-op is what every acceptor may verify: two values that may both be proposed. */
function contradict(message: Message): Message | undefined {
  switch (message.kind) {
    case "Accept":
      return { ...message, value: nothing };
    case "Verify":
    case "Accepted":
      return { ...message, digest: quickDigest(nothing) };
    default:
      return undefined;
  }
}

function forge(message: Message, random: Random): Message | undefined {
  switch (message.kind) {
    case "Accept":
      return { ...message, value: random() < 0.7 ? invented(random) : joinCommands([message.value, message.value]) };
    case "Promised":
      return forgedPromise(message, random);
    case "Payload":
      return { ...message, value: invented(random) };
    case "NewView":
      return forgedView(message, random);
    case "Checkpoint":
      return { ...message, slot: message.slot + Math.floor(random() * 1000) };
    case "Suspected":
      return { ...message, ballot: message.ballot + Math.floor(random() * 1000) };
    case "Relayed":
      return { ...message, command: invented(random) };
    case "Chosen":
      return { ...message, values: message.values.map(() => ({ value: invented(random) })) };
    default:
      return undefined;
  }
}

/** A command that no client asked for: its size, and bytes. Or bytes that are no command. */
function invented(random: Random): Uint8Array {
  if (random() < 0.3) return Uint8Array.of(9, 0, 0, 0, 1);
  return Uint8Array.of(4, 0, 0, 0, ...Array.from({ length: 4 }, () => Math.floor(random() * 256)));
}

/** Votes left out, or made up with signatures that nobody gave. */
function forgedPromise(message: byzantine.Promised, random: Random): Message {
  const { votes, stable, ballot } = message;
  const coin = random();
  if (coin < 0.25) return { ...message, votes: votes.filter(() => random() < 0.5) };
  // Far away, and of the same owner, however many nodes there are.
  if (coin < 0.4) return { ...message, ballot: ballot + 420 * 2 ** 40 };
  const signers = votes[0]?.certificate.map(({ acceptor }) => acceptor) ?? [1, 2, 3];
  const certificate = signers.map((acceptor) => ({ acceptor, signature: someSignature }));
  const madeUp = (slot: number) => ({ slot, ballot: ballot - 1, digest: quickDigest(nothing), certificate });
  const instead = votes.map(({ slot }) => madeUp(slot));
  return { ...message, votes: [...instead, madeUp((votes.at(-1)?.slot ?? stable) + 1)] };
}

/** Promises left out or doubled, or their votes. */
function forgedView(message: byzantine.NewView, random: Random): Message {
  const { promises } = message;
  const [first, ...rest] = promises;
  if (first === undefined) return message;
  const coin = random();
  if (coin < 0.3) return { ...message, promises: rest };
  if (coin < 0.6) return { ...message, promises: [first, first, ...rest.slice(1)] };
  return { ...message, promises: promises.map((promise) => ({ ...promise, votes: [] })) };
}

/** Verifies, and votes for, what everyone else verifies: each is told that it is right. */
function echo(node: number, from: Address, message: Message): readonly Envelope<Message>[] {
  if (message.kind !== "Verify" || nodeOf(from) === node) return [];
  const { ballot, slot, digest } = message;
  const said = { ballot, slot, digest, signature: nothing };
  return [
    { to: from, message: { kind: "Verify", ...said } },
    { to: addressOf("learner", nodeOf(from)), message: { kind: "Accepted", ...said } },
  ];
}
