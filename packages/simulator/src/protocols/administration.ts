/**
 * Runs in which the members of Multi-Paxos or Cheap Paxos change: the nodes that may join, and who has them join.
 */
import type { multi } from "@synod/protocol";
import type { Cast } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import { Administrator, mostLater, type AdministratorOptions } from "./administrator.ts";
import type { MultiCheckers } from "./multi-checkers.ts";

export interface AdministrationOptions extends Pick<AdministratorOptions<multi.Message>, "laterNodes" | "maySpare"> {
  readonly checkers: MultiCheckers;
  readonly reached: Tally;
}

/** Nodes that may join. */
export function nodesAfter({ length }: readonly number[]): readonly number[] {
  return Array.from({ length: mostLater }, (_, index) => length + index + 1);
}

/** What a cast says of them; nobody asks for a change where no node may join. */
export function administration({
  checkers,
  laterNodes,
  maySpare,
  reached,
}: AdministrationOptions): Pick<Cast<multi.Message, multi.Entry, multi.Delivery>, "laterNodes" | "newAdministrator"> {
  if (laterNodes.length === 0) return { laterNodes };
  return {
    laterNodes,
    newAdministrator: (surroundings) =>
      new Administrator<multi.Message>({
        surroundings,
        laterNodes,
        members: () => checkers.consensus.members,
        isSettled: () => checkers.consensus.isSettled,
        maySpare,
        asked: (change) => checkers.asked.asksChange(change),
        count: (name) => reached.count(name),
      }),
  };
}
