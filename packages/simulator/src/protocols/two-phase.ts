/**
 * Two-phase commit in the world. It is there to be compared: it blocks when a coordinator is lost after the votes, and
 * the run then says so.
 */
import { commit } from "@synod/protocol";
import type { SimulatedProtocol } from "../world/protocol.ts";
import { newCoordinatedProtocol, type CoordinatedParts } from "./coordinated.ts";

type Message = commit.twoPhase.Message;
type Entry = commit.twoPhase.Entry;
const { layout, asEntry, Coordinator, Participant } = commit.twoPhase;

const realParts: CoordinatedParts<Message, Entry> = {
  coordinator: (configuration, node) => new Coordinator(configuration, node),
  participant: (configuration, node) => new Participant(configuration, node),
};

/** @param replaced parts that are not the real ones */
export function newTwoPhaseProtocol(
  replaced: Partial<CoordinatedParts<Message, Entry>> = {},
): SimulatedProtocol<Message, Entry, never> {
  return newCoordinatedProtocol({
    name: "two-phase",
    knownFlaw: "participants that have voted wait for ever when their coordinator is lost",
    layout,
    asEntry,
    parts: { ...realParts, ...replaced },
  });
}
