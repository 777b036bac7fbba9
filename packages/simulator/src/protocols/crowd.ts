/**
 * The clients of a run of a replicated state machine: how many there are, how busy they are, and their sessions.
 */
import type { Access, ServiceMessage } from "@synod/protocol";
import { Session } from "@synod/client";
import type { PersonSurroundings } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import type { Workload } from "../world/workload.ts";
import { SessionPerson, type SessionPersonOptions } from "./session-person.ts";

export interface Crowd {
  readonly people: number;
  readonly thinkMicroseconds: number;
}

/** In some runs many clients ask for much, so that several slots are in flight when a leader goes. */
export function drawCrowd(randomness: Randomness): Crowd {
  return randomness.chance(0.2)
    ? { people: randomness.integer(4, 8), thinkMicroseconds: 3000 }
    : { people: randomness.integer(2, 5), thinkMicroseconds: 40_000 };
}

/** What the clients of a run use: a session as programs have it, unless a museum's exhibit replaces it. */
export interface CrowdOptions
  extends
    Pick<SessionPersonOptions, "workload" | "thinkMicroseconds">,
    Partial<Pick<SessionPersonOptions, "newSession" | "comesBack">> {
  /** How a client that comes now uses the protocol. */
  readonly access: () => Access;
  /** They read far more than they write. */
  readonly mostlyReads?: boolean;
}

/** Makes one client after the other: no two of them ask for the same thing. */
export function newSessionCrowd(
  options: CrowdOptions,
): (surroundings: PersonSurroundings<ServiceMessage>) => SessionPerson {
  const { access, newSession = (session) => new Session(session), comesBack = ({ move }) => move() } = options;
  const { thinkMicroseconds, mostlyReads = false } = options;
  const workload = mostlyReads ? readingOften(options.workload) : options.workload;
  let unique = 0;
  const nextUnique = (): number => (unique += 1);
  return (surroundings) =>
    new SessionPerson({
      surroundings,
      access: access(),
      workload,
      nextUnique,
      newSession,
      comesBack,
      thinkMicroseconds,
    });
}

/** How often a client thinks again before it asks for a command. */
const secondThoughts = 5;

function readingOften(workload: Workload): Workload {
  return {
    ...workload,
    next(randomness, unique) {
      let operation = workload.next(randomness, unique);
      for (let count = 0; count < secondThoughts && operation.kind === "command"; count++) {
        operation = workload.next(randomness, unique);
      }
      return operation;
    },
  };
}
