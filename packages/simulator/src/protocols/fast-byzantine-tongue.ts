/**
 * What liars make of the messages of Fast Byzantine Paxos. They work together: what they make up is the same.
 */
import type { fastByzantine, Random } from "@synod/protocol";
import { quickDigest } from "../world/digest.ts";
import type { Tongue } from "../world/lies.ts";

type Message = fastByzantine.Message;

const nothing = new Uint8Array(0);
/** A command that no client asked for: its size, and bytes. */
const invented = Uint8Array.of(4, 0, 0, 0, 6, 6, 6, 6);

export const fastByzantineTongue: Tongue<Message> = {
  /** A no-op is what every acceptor may vote for: two values that may both be proposed. */
  contradict(message) {
    switch (message.kind) {
      case "Accept":
        return { ...message, value: nothing };
      case "Accepted":
        return { ...message, digest: quickDigest(nothing) };
      default:
        return undefined;
    }
  },
  forge(message, random) {
    switch (message.kind) {
      case "Accept":
        return { ...message, value: invented };
      case "Accepted":
        return { ...message, digest: quickDigest(invented) };
      case "Promised":
        return forgedReport(message, random);
      case "Payload":
        return random() < 0.5 ? { ...message, value: invented } : junk(message);
      case "Certificate":
        return forgedCertificate(message, random);
      case "Prepare":
        return { ...message, ballot: message.ballot + Math.floor(random() * 10) };
      case "Suspect":
        return { ...message, ballot: message.ballot + Math.floor(random() * 1000) };
      case "Learned":
        return { ...message, through: message.through + Math.floor(random() * 1000) };
      case "Chosen":
        return { ...message, values: [{ value: invented }, ...message.values.slice(1)] };
      default:
        return undefined;
    }
  },
  /** The value of a vote that they made up, for whoever asks for reports. */
  echo(_node, from, message) {
    if (message.kind !== "Prepare") return [];
    return [{ to: from, message: { kind: "Payload", slot: 1, value: invented } }];
  },
};

/** More values than a small bound has room for, none of which was voted for. */
function junk(message: fastByzantine.Payload): readonly Message[] {
  return Array.from({ length: 40 }, (_, index) => ({ ...message, value: Uint8Array.of(1, 0, 0, 0, index) }));
}

/** Votes left out or changed, in a slot that is far away, or slots called stable that are not. */
function forgedReport(message: fastByzantine.Promised, random: Random): Message {
  const { votes, stableThrough } = message;
  const coin = random();
  if (coin < 0.25) return { ...message, votes: votes.filter(() => random() < 0.5) };
  if (coin < 0.4) return { ...message, stableThrough: stableThrough + Math.floor(random() * 10) };
  const digest = quickDigest(coin < 0.8 ? nothing : invented);
  if (coin > 0.95) return { ...message, votes: [{ slot: stableThrough + 2 ** 50, ballot: 1, digest }] };
  const [{ slot } = { slot: stableThrough }] = votes.slice(-1);
  const changed = votes.map((vote) => ({ ...vote, digest }));
  return { ...message, votes: [...changed, { slot: slot + 1, ballot: message.ballot - 1, digest }] };
}

/** Reports left out or doubled, or emptied of their votes. */
function forgedCertificate(message: fastByzantine.Certificate, random: Random): Message {
  const { reports } = message;
  const [first, ...rest] = reports;
  if (first === undefined) return message;
  const coin = random();
  if (coin < 0.3) return { ...message, reports: rest };
  if (coin < 0.6) return { ...message, reports: [first, first, ...rest.slice(1)] };
  return { ...message, reports: reports.map((report) => ({ ...report, votes: [] })) };
}
