/**
 * Changes of who takes part, by an administrator, while all else goes wrong. They are drawn beside the other faults, in
 * runs whose members may change, and only counted when they were really asked for.
 */
import type { Randomness } from "../randomness.ts";
import { over, type Fault, type FaultKind } from "./fault.ts";

export type MemberChange = "add-node" | "remove-node" | "replace-node";

function changeKind(name: MemberChange, title: string): FaultKind {
  return {
    name,
    group: "members",
    title,
    draw: () => ({ microseconds: 0, nodes: [], amount: 0 }),
    begin(_fault, ground) {
      ground.administrator?.wants(name);
      return over;
    },
  };
}

export const memberFaults: readonly FaultKind[] = [
  changeKind("add-node", "a new node joins"),
  changeKind("remove-node", "a node leaves"),
  changeKind("replace-node", "a new node comes for one that leaves, or whose disk was lost"),
];

/** How many changes a run has at most. */
const mostChanges = 5;

/** The changes of a run, with indices that follow on those of its other faults. */
export function drawChanges(
  randomness: Randomness,
  kinds: readonly FaultKind[],
  microseconds: number,
  firstIndex: number,
): readonly Fault[] {
  if (kinds.length === 0) return [];
  const count = Math.max(kinds.length, randomness.integer(1, mostChanges));
  return Array.from({ length: count }, (_, place) => {
    // Each that was asked for comes at least once.
    const { name } = kinds[place] ?? randomness.pick(kinds);
    return {
      index: firstIndex + place,
      name,
      at: randomness.integer(0, microseconds),
      microseconds: 0,
      nodes: [],
      amount: 0,
    };
  });
}
