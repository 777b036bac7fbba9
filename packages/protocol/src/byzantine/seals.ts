/**
 * What is signed in the messages of Byzantine Paxos, and what their texts say.
 */
import type { Digest } from "../digest.ts";
import { limits } from "../limits.ts";
import { maxAcceptors } from "../quorum.ts";
import type { Seals, Statement } from "../signature.ts";
import { SignedText } from "../signed-text.ts";
import type { Ballot } from "../ballot.ts";
import type { CheckpointRow, Message, NewView, PromiseRow, Promised, Slot, VoteRow, Witness } from "./messages.ts";

/** Another one for each kind of statement, so that none can be taken for one of another kind. */
const subject = { accept: 1, verify: 2, accepted: 3, suspected: 4, promised: 5, newView: 6, checkpoint: 7 } as const;

type Signed = Extract<Message, { readonly signature: Uint8Array }>;

/** What an acceptor signs that verifies a value. */
export function verifyText(ballot: Ballot, slot: Slot, digest: Uint8Array): Uint8Array {
  return new SignedText(subject.verify).integer(ballot).integer(slot).bytes(digest).take();
}

/** A Promised as a leader shows it to others. */
export function promiseRow(acceptor: number, { stable, checkpoints, votes, signature }: Promised): PromiseRow {
  return { acceptor, stable, checkpoints, votes, signature };
}

export function newSeals(digest: Digest): Seals<Message> {
  return {
    isSigned,
    textOf: (message) => (isSigned(message) ? textOf(message, digest) : new Uint8Array(0)),
    withSignature: (message, signature) => (isSigned(message) ? { ...message, signature } : message),
    statements(message, from) {
      if (!isSigned(message)) return [];
      if (isImpossible(message)) return [unbelievable];
      const own: Statement = { signer: from, text: textOf(message, digest), signature: message.signature };
      switch (message.kind) {
        case "Promised":
          return [own, ...promiseProofs(message)];
        case "NewView":
          return [own, ...message.promises.flatMap((promise) => promiseStatements(message.ballot, promise))];
        default:
          return [own];
      }
    },
  };
}

function isSigned(message: Message): message is Signed {
  return "signature" in message;
}

function textOf(message: Signed, digest: Digest): Uint8Array {
  switch (message.kind) {
    case "Accept":
      return new SignedText(subject.accept)
        .integer(message.ballot)
        .integer(message.slot)
        .bytes(digest(message.value))
        .take();
    case "Verify":
      return verifyText(message.ballot, message.slot, message.digest);
    case "Accepted":
      return new SignedText(subject.accepted)
        .integer(message.ballot)
        .integer(message.slot)
        .bytes(message.digest)
        .take();
    case "Suspected":
      return new SignedText(subject.suspected).integer(message.ballot).take();
    case "Promised":
      return promiseText(message.ballot, message);
    case "NewView":
      return newViewText(message);
    case "Checkpoint":
      return checkpointText(message.slot);
  }
}

function checkpointText(slot: Slot): Uint8Array {
  return new SignedText(subject.checkpoint).integer(slot).take();
}

/** Certificates prove themselves: what they prove is signed, and they are not. */
function promiseText(ballot: Ballot, { stable, votes }: Pick<PromiseRow, "stable" | "votes">): Uint8Array {
  const text = new SignedText(subject.promised).integer(ballot).integer(stable).integer(votes.length);
  for (const vote of votes) text.integer(vote.slot).integer(vote.ballot).bytes(vote.digest);
  return text.take();
}

function newViewText({ ballot, promises }: NewView): Uint8Array {
  const text = new SignedText(subject.newView).integer(ballot).integer(promises.length);
  for (const { acceptor, signature } of promises) text.integer(acceptor).bytes(signature);
  return text.take();
}

function promiseStatements(ballot: Ballot, promise: PromiseRow): readonly Statement[] {
  const { acceptor: signer, signature } = promise;
  return [{ signer, text: promiseText(ballot, promise), signature }, ...promiseProofs(promise)];
}

/** What others have signed in a promise. */
function promiseProofs({ checkpoints, votes }: Pick<PromiseRow, "checkpoints" | "votes">): readonly Statement[] {
  return [...checkpoints.map(checkpointStatement), ...votes.flatMap(certificateStatements)];
}

function checkpointStatement({ acceptor, slot, signature }: CheckpointRow): Statement {
  return { signer: acceptor, text: checkpointText(slot), signature };
}

function certificateStatements({ ballot, slot, digest, certificate }: VoteRow): readonly Statement[] {
  const text = verifyText(ballot, slot, digest);
  return certificate.map(({ acceptor, signature }: Witness) => ({ signer: acceptor, text, signature }));
}

/** Nobody has signed it: a message with it is refused without the work of verifying the rest. */
const unbelievable: Statement = { signer: 0, text: new Uint8Array(0), signature: new Uint8Array(0) };

/** No honest node shows so much, nor the word of one acceptor twice for the same. */
function isImpossible(message: Signed): boolean {
  // Who begins anew in a ballot tells what it has voted for in it, and is shown the view again.
  if (message.kind === "Promised") return isImpossiblePromise(message.ballot + 1, message);
  if (message.kind !== "NewView") return false;
  const { ballot, promises } = message;
  return !areDistinct(promises) || promises.some((promise) => isImpossiblePromise(ballot, promise));
}

function isImpossiblePromise(
  ballot: Ballot,
  { checkpoints, votes }: Pick<PromiseRow, "checkpoints" | "votes">,
): boolean {
  return (
    !areDistinct(checkpoints) ||
    votes.length > limits.windowSlots ||
    votes.some((vote) => vote.ballot >= ballot || !areDistinct(vote.certificate))
  );
}

function areDistinct(rows: readonly { readonly acceptor: number }[]): boolean {
  return rows.length <= maxAcceptors && new Set(rows.map(({ acceptor }) => acceptor)).size === rows.length;
}
