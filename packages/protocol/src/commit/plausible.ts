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
  readonly outcomes?: readonly Row[];
  readonly transactions?: readonly Row[];
}

interface Row {
  readonly transaction: number;
}

export function isPlausible({ nodes }: CommitConfiguration, message: AnyMessage): boolean {
  const { transaction = 1, ballot = 1, participants, outcomes = [], transactions = [] } = message;
  if (!isNumber(transaction) || !isNumber(ballot)) return false;
  if (![...outcomes, ...transactions].every((row) => isNumber(row.transaction))) return false;
  return participants === undefined || areParticipants(participants, nodes);
}

function isNumber(number: number): boolean {
  return number >= 1 && number <= most;
}

/** Some nodes, each once. */
function areParticipants(participants: readonly Share[], nodes: number): boolean {
  if (participants.length === 0 || participants.length > nodes) return false;
  const distinct = new Set(participants.map(({ node }) => node));
  return distinct.size === participants.length && participants.every(({ node }) => node >= 1 && node <= nodes);
}
