/**
 * How exhibits put a bug into a role of Fast Paxos.
 */
import { fast, type RoleStatus } from "@synod/protocol";
import { newFastProtocol, type FastParts } from "../protocols/fast.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { PatchedRole, type Patch } from "./patched-role.ts";

export type FastPatch = Patch<fast.Message, fast.Entry, fast.Delivery>;

/** Makes the change for one life of a role; `status` is what the role says of itself. */
export type NewFastPatch = (status: () => RoleStatus, configuration: fast.Configuration, node: number) => FastPatch;

/** Fast Paxos with some parts replaced. */
export function fastWith(parts: Partial<FastParts>): Simulation {
  return simulationOf(newFastProtocol(parts));
}

export function fastWithProposer(patch: NewFastPatch): Simulation {
  return fastWith({
    proposer: (configuration, node, random) =>
      new PatchedRole(new fast.Proposer(configuration, node, random), (status) => patch(status, configuration, node)),
  });
}

export function fastWithAcceptor(patch: NewFastPatch): Simulation {
  return fastWith({
    acceptor: (configuration, node) =>
      new PatchedRole(new fast.Acceptor(configuration, node), (status) => patch(status, configuration, node)),
  });
}

export function fastWithLearner(patch: NewFastPatch): Simulation {
  return fastWith({
    learner: (learner, configuration, node) => new PatchedRole(learner, (status) => patch(status, configuration, node)),
  });
}
