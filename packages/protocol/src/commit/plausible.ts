/**
 * What no correct peer sends is passed over before a role looks at it, so that a role neither ends nor runs off into
 * numbers that have no successor. Lies within these bounds are not detected.
 */
import type { CommitConfiguration } from "./configuration.ts";
import type { Share } from "./messages.ts";

/** Numbers end far below the greatest safe integer, so that what comes after one is a safe integer too. */
const most = 2 ** 52;

interface AnyMessage {
  readonly kind: string;
  readonly transaction?: number;
  readonly ballot?: number;
  readonly participants?: readonly Share[];
}

export function isPlausible({ nodes }: CommitConfiguration, message: AnyMessage): boolean {
  const { transaction = 1, ballot = 1, participants } = message;
  if (transaction < 1 || transaction > most || ballot < 1 || ballot > most) return false;
  return participants === undefined || areParticipants(participants, nodes);
}

/** Some nodes, each once. */
function areParticipants(participants: readonly Share[], nodes: number): boolean {
  if (participants.length === 0 || participants.length > nodes) return false;
  const distinct = new Set(participants.map(({ node }) => node));
  return distinct.size === participants.length && participants.every(({ node }) => node >= 1 && node <= nodes);
}
