/**
 * How many node numbers there can ever be where members change: as many as a cluster needs for as long as it lives, since a
 * number is never used again, whoever replaces whom. Ballots go by it, so it stays the same.
 */
export const identities = 100_000;
