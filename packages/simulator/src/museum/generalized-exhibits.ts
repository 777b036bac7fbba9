/**
 * How exhibits put a bug into a role of Generalized Paxos.
 */
import { generalized, type RoleStatus } from "@synod/protocol";
import { newGeneralizedProtocol, type GeneralizedParts } from "../protocols/generalized.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { PatchedRole, type Patch } from "./patched-role.ts";

export type GeneralizedPatch = Patch<generalized.Message, generalized.Entry, generalized.Delivery>;

/** Makes the change for one life of a role; `status` is what the role says of itself. */
export type NewGeneralizedPatch = (
  status: () => RoleStatus,
  configuration: generalized.Configuration,
) => GeneralizedPatch;

/** Generalized Paxos with some parts replaced. */
export function generalizedWith(parts: Partial<GeneralizedParts>): Simulation {
  return simulationOf(newGeneralizedProtocol(parts));
}

export function generalizedWithProposer(patch: NewGeneralizedPatch): Simulation {
  return generalizedWith({
    proposer: (configuration, interference, node, random) =>
      new PatchedRole(new generalized.Proposer(configuration, interference, node, random), (status) =>
        patch(status, configuration),
      ),
  });
}

export function generalizedWithAcceptor(patch: NewGeneralizedPatch): Simulation {
  return generalizedWith({
    acceptor: (configuration, node) =>
      new PatchedRole(new generalized.Acceptor(configuration, node), (status) => patch(status, configuration)),
  });
}

export function generalizedWithLearner(patch: NewGeneralizedPatch): Simulation {
  return generalizedWith({
    learner: (learner, configuration) => new PatchedRole(learner, (status) => patch(status, configuration)),
  });
}
