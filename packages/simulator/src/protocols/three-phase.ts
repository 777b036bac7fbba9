/**
 * Three-phase commit in the world. It is there to be compared: where a partition makes one side take the other for
 * crashed, they decide differently, and the run then says so.
 */
import { commit } from "@synod/protocol";
import type { SimulatedProtocol } from "../world/protocol.ts";
import { newCoordinatedProtocol, type CoordinatedParts } from "./coordinated.ts";

type Message = commit.threePhase.Message;
type Entry = commit.threePhase.Entry;
const { layout, asEntry, Coordinator, Participant } = commit.threePhase;

const realParts: CoordinatedParts<Message, Entry> = {
  coordinator: (configuration, node) => new Coordinator(configuration, node),
  participant: (configuration, node) => new Participant(configuration, node),
};

/** @param replaced parts that are not the real ones */
export function newThreePhaseProtocol(
  replaced: Partial<CoordinatedParts<Message, Entry>> = {},
): SimulatedProtocol<Message, Entry, never> {
  return newCoordinatedProtocol({
    name: "three-phase",
    knownFlaw: "two sides of a partition, or a crash that is only slowness, decide differently",
    layout,
    asEntry,
    parts: { ...realParts, ...replaced },
  });
}
