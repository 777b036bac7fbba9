/**
 * What is signed: every message by which a node says something of itself, with all that it says. The client's requests
 * are not, nor what its receiver can check: a Prepare and a Certificate are made of signed parts, a Payload has a digest.
 */
import type { Seals, Statement } from "../signature.ts";
import type { Certificate, Message, Prepare, Promised } from "./messages.ts";

type SignedMessage = Extract<Message, { readonly signature: Uint8Array }>;

const signedKinds: ReadonlySet<Message["kind"]> = new Set<SignedMessage["kind"]>([
  "Known",
  "Accept",
  "Accepted",
  "AcceptedValue",
  "Suspect",
  "Promised",
  "Learned",
  "Stable",
  "Served",
  "Chosen",
]);

export const seals: Seals<Message> = {
  isSigned: (message) => isSigned(message),
  textOf(message) {
    if (!isSigned(message)) throw new TypeError(`${message.kind} is not signed`);
    return textOf(message);
  },
  withSignature(message, signature) {
    if (!isSigned(message)) throw new TypeError(`${message.kind} is not signed`);
    return { ...message, signature };
  },
  statements(message, from) {
    if (message.kind === "Prepare") return suspicions(message);
    if (message.kind === "Certificate") return reports(message);
    if (!isSigned(message)) return [];
    return [{ signer: from, text: textOf(message), signature: message.signature }];
  },
};

function isSigned(message: Message): message is SignedMessage {
  return signedKinds.has(message.kind);
}

function suspicions({ suspicions: shown }: Prepare): readonly Statement[] {
  return shown.map(({ node, ballot, signature }) => ({
    signer: node,
    text: textOf({ kind: "Suspect", ballot, signature }),
    signature,
  }));
}

function reports({ ballot, reports: shown }: Certificate): readonly Statement[] {
  return shown.map(({ node, stableThrough, votes, signature }) => ({
    signer: node,
    text: textOf({ kind: "Promised", ballot, stableThrough, votes, signature }),
    signature,
  }));
}

/** Texts of different kinds begin with different numbers: none means two things. */
function textOf(message: SignedMessage): Uint8Array {
  switch (message.kind) {
    case "Known":
      return text(1, [], [message.requests]);
    case "Accept":
      return text(2, [message.ballot, message.slot], [message.value]);
    case "Accepted":
    case "AcceptedValue":
      return text(3, [message.ballot, message.slot], [message.digest]);
    case "Suspect":
      return text(4, [message.ballot], []);
    case "Promised":
      return promisedText(message);
    case "Learned":
      return text(6, [message.through], []);
    case "Stable":
      return text(7, [message.through], []);
    case "Served":
      return text(8, [], [message.requests]);
    case "Chosen": {
      const { from, trimmedThrough, values } = message;
      return text(
        9,
        [from, trimmedThrough],
        values.map(({ value }) => value),
      );
    }
  }
}

function promisedText({ ballot, stableThrough, votes }: Promised): Uint8Array {
  const numbers = votes.flatMap((vote) => [vote.slot, vote.ballot]);
  return text(
    5,
    [ballot, stableThrough, ...numbers],
    votes.map(({ digest }) => digest),
  );
}

/** The number of the kind, how many numbers follow, the numbers, and then bytes, each with their length. */
function text(kind: number, numbers: readonly number[], parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = 5 + 8 * numbers.length + parts.reduce((size, { length }) => size + 4 + length, 0);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, numbers.length);
  let at = 5;
  for (const number of numbers) {
    view.setUint32(at, Math.floor(number / 2 ** 32));
    view.setUint32(at + 4, number % 2 ** 32);
    at += 8;
  }
  for (const part of parts) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
