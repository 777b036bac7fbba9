/**
 * How exhibits put a bug into a role of single-decree Paxos, where proposers compete more than leaders do.
 */
import { basic } from "@synod/protocol";
import { newBasicProtocol, type BasicParts } from "../protocols/basic.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { PatchedRole, type NewPatch } from "./patched-role.ts";

export type NewBasicPatch = NewPatch<basic.Message, basic.Entry, basic.Delivery>;

/** Single-decree Paxos with some parts replaced. */
export function basicWith(parts: Partial<BasicParts>): Simulation {
  return simulationOf(newBasicProtocol(parts));
}

export function basicWithProposer(patch: NewBasicPatch): Simulation {
  return basicWith({ proposer: (options) => new PatchedRole(new basic.Proposer(options), patch) });
}
