/**
 * How exhibits put a bug into a role of Multi-Paxos.
 */
import { multi, type RoleStatus } from "@synod/protocol";
import { newMultiProtocol, type MultiParts } from "../protocols/multi.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { PatchedRole, type Patch } from "./patched-role.ts";

export type MultiPatch = Patch<multi.Message, multi.Entry, multi.Delivery>;

/** Makes the change for one life of a role; `status` is what the role says of itself. */
export type NewMultiPatch = (status: () => RoleStatus, configuration: multi.Configuration, node: number) => MultiPatch;

/** Multi-Paxos with some parts replaced. */
export function multiWith(parts: Partial<MultiParts>): Simulation {
  return simulationOf(newMultiProtocol(parts));
}

export function multiWithProposer(patch: NewMultiPatch): Simulation {
  return multiWith({
    proposer: (configuration, node, random, clock) =>
      new PatchedRole(new multi.Proposer(configuration, node, random, { clock }), (status) =>
        patch(status, configuration, node),
      ),
  });
}

export function multiWithAcceptor(patch: NewMultiPatch): Simulation {
  return multiWith({
    acceptor: (configuration, node, clock) =>
      new PatchedRole(new multi.Acceptor(configuration, node, clock), (status) => patch(status, configuration, node)),
  });
}

export function multiWithLearner(patch: NewMultiPatch): Simulation {
  return multiWith({
    learner: (learner, configuration, node) => new PatchedRole(learner, (status) => patch(status, configuration, node)),
  });
}
