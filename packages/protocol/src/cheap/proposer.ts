/**
 * The proposer of Cheap Paxos: that of Multi-Paxos, which calls on the auxiliaries only when it must.
 */
import type { Random } from "../output.ts";
import type { Configuration } from "../multi/configuration.ts";
import { Proposer as MultiProposer } from "../multi/proposer.ts";
import { Reserve } from "./reserve.ts";

export class Proposer extends MultiProposer {
  /** @param node a main: an auxiliary has none */
  constructor(configuration: Configuration, node: number, random: Random) {
    super(configuration, node, random, {
      newRoster: (membership, answered) => new Reserve(configuration, membership, answered),
    });
  }
}
