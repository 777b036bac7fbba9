/**
 * What a NewView proves: which values its leader must propose, and where it is free. Everyone computes it from the same
 * signed promises, so that a leader's word is not needed. The signatures have been verified before.
 */
import type { Ballot } from "../ballot.ts";
import { keyOf, mostDigestBytes } from "../digest.ts";
import type { Configuration } from "./configuration.ts";
import type { CheckpointRow, PromiseRow, Slot, Witness } from "./messages.ts";
import type { ByzantineQuorums } from "./quorums.ts";

/** What is settled when a ballot begins. */
export interface View {
  /** All slots up to here are chosen, and f + 1 honest acceptors have them. */
  readonly base: Slot;
  /** A quorum's checkpoints that prove it; none for 0. */
  readonly checkpoints: readonly CheckpointRow[];
  /** Slots up to here may have been chosen; the leader is free beyond. */
  readonly through: Slot;
  /** By slot from `base + 1` on: the digest, as a key, of the only value that is safe. Other slots take a no-op. */
  readonly required: ReadonlyMap<Slot, string>;
}

/** How the first ballot begins: with nothing settled. */
export const firstView: View = { base: 0, checkpoints: [], through: 0, required: new Map() };

export const firstBallot: Ballot = 1;

/** The view of a ballot, if these promises are enough for it and each is what an honest acceptor can have sent. */
export function viewOf(
  configuration: Configuration,
  ballot: Ballot,
  promises: readonly PromiseRow[],
): View | undefined {
  const { quorums, nodes } = configuration;
  const acceptors = promises.map(({ acceptor }) => acceptor);
  if (!areDistinct(acceptors, nodes) || promises.length < quorums.quorum) return undefined;
  if (!promises.every((promise) => isProved(configuration, ballot, promise))) return undefined;
  return settle(promises);
}

/** Whether a promise for `ballot` proves what it says. */
export function isProved(
  { quorums, nodes, limits }: Configuration,
  ballot: Ballot,
  { stable, checkpoints, votes }: PromiseRow,
): boolean {
  if (!isStable(quorums, nodes, stable, checkpoints)) return false;
  let before = stable;
  for (const vote of votes) {
    if (vote.slot <= before || vote.slot > stable + limits.windowSlots) return false;
    before = vote.slot;
    if (vote.ballot < firstBallot || vote.ballot >= ballot || vote.digest.length > mostDigestBytes) return false;
    if (!isCertificate(quorums, nodes, vote.certificate)) return false;
  }
  return true;
}

/** Whether a quorum has verified. */
export function isCertificate(
  { quorum }: ByzantineQuorums,
  nodes: readonly number[],
  certificate: readonly Witness[],
): boolean {
  const acceptors = certificate.map(({ acceptor }) => acceptor);
  return acceptors.length >= quorum && areDistinct(acceptors, nodes);
}

/** Whether a quorum has all up to `slot`. */
function isStable(
  { quorum }: ByzantineQuorums,
  nodes: readonly number[],
  slot: Slot,
  checkpoints: readonly CheckpointRow[],
): boolean {
  if (slot === 0) return checkpoints.length === 0;
  const acceptors = checkpoints.map(({ acceptor }) => acceptor);
  const reach = checkpoints.every((checkpoint) => checkpoint.slot >= slot);
  return acceptors.length >= quorum && areDistinct(acceptors, nodes) && reach;
}

/** The highest proved checkpoint, and above it the highest-numbered certificate of each slot. */
function settle(promises: readonly PromiseRow[]): View {
  let { base, checkpoints } = firstView;
  for (const promise of promises) if (promise.stable > base) ({ stable: base, checkpoints } = promise);
  const highest = new Map<Slot, { readonly ballot: Ballot; readonly digest: Uint8Array }>();
  for (const { slot, ballot, digest } of promises.flatMap(({ votes }) => votes)) {
    if (slot > base && ballot > (highest.get(slot)?.ballot ?? 0)) highest.set(slot, { ballot, digest });
  }
  return {
    base,
    checkpoints,
    through: Math.max(base, ...highest.keys()),
    required: new Map([...highest].map(([slot, { digest }]) => [slot, keyOf(digest)])),
  };
}

function areDistinct(acceptors: readonly number[], nodes: readonly number[]): boolean {
  return new Set(acceptors).size === acceptors.length && acceptors.every((acceptor) => nodes.includes(acceptor));
}
