/**
 * What is signed: a suspicion and a report of votes, which the next leader shows to all. In the common case there is
 * neither, and nothing is signed.
 */
import { maxAcceptors } from "../quorum.ts";
import { SignedText } from "../signed-text.ts";
import type { Seals, Statement } from "../signature.ts";
import type { Ballot } from "../ballot.ts";
import type { Message, Promised, Report, Suspect } from "./messages.ts";

type SignedMessage = Suspect | Promised;

const subject = { suspicion: 1, report: 2 } as const;

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
    switch (message.kind) {
      case "Suspect":
      case "Promised":
        return [{ signer: from, text: textOf(message), signature: message.signature }];
      case "Prepare":
        if (!areDistinct(message.suspicions)) return [unbelievable];
        return message.suspicions.map(({ node, ballot, signature }) => ({
          signer: node,
          text: suspicionText(ballot),
          signature,
        }));
      case "Certificate":
        if (!areDistinct(message.reports)) return [unbelievable];
        return message.reports.map((report) => ({
          signer: report.node,
          text: reportText(message.ballot, report),
          signature: report.signature,
        }));
      default:
        return [];
    }
  },
};

/** Nobody has signed it: a message with it is refused without the work of verifying the rest. */
const unbelievable: Statement = { signer: 0, text: new Uint8Array(0), signature: new Uint8Array(0) };

/** No honest node shows the word of one twice, and there are no more of them. */
function areDistinct(rows: readonly { readonly node: number }[]): boolean {
  return rows.length <= maxAcceptors && new Set(rows.map(({ node }) => node)).size === rows.length;
}

function isSigned(message: Message): message is SignedMessage {
  return message.kind === "Suspect" || message.kind === "Promised";
}

function textOf(message: SignedMessage): Uint8Array {
  return message.kind === "Suspect" ? suspicionText(message.ballot) : reportText(message.ballot, message);
}

function suspicionText(ballot: Ballot): Uint8Array {
  return new SignedText(subject.suspicion).integer(ballot).take();
}

function reportText(ballot: Ballot, { stableThrough, votes }: Pick<Report, "stableThrough" | "votes">): Uint8Array {
  const text = new SignedText(subject.report).integer(ballot).integer(stableThrough).integer(votes.length);
  for (const vote of votes) text.integer(vote.slot).integer(vote.ballot).bytes(vote.digest);
  return text.take();
}
