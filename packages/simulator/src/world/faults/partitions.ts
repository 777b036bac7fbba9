/**
 * Who cannot reach whom. The three partial partitions are those of Ng, Haridi and Carbone, *Omni-Paxos* 2023, §2: some
 * node still reaches a quorum, so that progress is due under them, and one may stay when all other faults are over.
 */
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import type { Cut } from "../reach.ts";
import type { Drawn, Fault, FaultKind } from "./fault.ts";

function drawPartition(randomness: Randomness, nodes: readonly number[], amount = 0): Drawn {
  return { microseconds: randomness.integer(50, 3000) * ms, nodes, amount };
}

const between =
  (nodes: readonly number[]): Cut =>
  (from, to) =>
    nodes.includes(from) !== nodes.includes(to);

const partition: FaultKind = {
  name: "partition",
  group: "network",
  title: "some nodes cannot reach the others, nor be reached by them",
  weight: 2,
  draw(randomness, nodes) {
    if (nodes.length < 2) return undefined;
    return drawPartition(randomness, randomness.sample(nodes, randomness.integer(1, nodes.length - 1)));
  },
  begin: ({ name, nodes }, { network }) => network.begin({ name, cuts: between(nodes) }),
};

/** In which way it is one-way is its amount. */
const unheard = 0;
const deaf = 1;

const oneWay: FaultKind = {
  name: "one-way",
  group: "network",
  title: "some nodes hear the others and are not heard, or the other way round",
  draw(randomness, nodes) {
    if (nodes.length < 2) return undefined;
    const some = randomness.sample(nodes, randomness.integer(1, nodes.length - 1));
    return drawPartition(randomness, some, randomness.pick([unheard, deaf]));
  },
  begin({ name, nodes, amount }, { network }) {
    const cuts: Cut =
      amount === deaf
        ? (from, to) => !nodes.includes(from) && nodes.includes(to)
        : (from, to) => nodes.includes(from) && !nodes.includes(to);
    return network.begin({ name, cuts });
  },
};

const flapping: FaultKind = {
  name: "flapping",
  group: "network",
  title: "a partition comes and goes, several times a second",
  draw(randomness, nodes) {
    if (nodes.length < 2) return undefined;
    const some = randomness.sample(nodes, randomness.integer(1, nodes.length - 1));
    return drawPartition(randomness, some, randomness.integer(20, 400) * ms);
  },
  begin({ name, nodes, amount, at }, { network, clock }) {
    const parted = between(nodes);
    const cuts: Cut = (from, to) => Math.floor((clock.now - at) / amount) % 2 === 0 && parted(from, to);
    return network.begin({ name, cuts });
  },
};

/** The first node is the one that still reaches a quorum. */
const quorumLoss: FaultKind = {
  name: "quorum-loss",
  group: "network",
  title: "the nodes reach one of them and no other: a leader among the rest has no quorum",
  draw: (randomness, nodes) =>
    nodes.length < 3 ? undefined : drawPartition(randomness, randomness.sample(nodes, nodes.length)),
  begin: (fault, { network }) => network.begin({ name: fault.name, cuts: quorumLossCut(fault) }),
  lastingCut: quorumLossCut,
};

function quorumLossCut({ nodes: [hub] }: Pick<Fault, "nodes">): Cut {
  return (from, to) => from !== hub && to !== hub;
}

/**
 * The first node is the one that still reaches a quorum; the second is cut off from all, and before that from the first,
 * so that the first lacks what the second led to. How long before is the amount, in microseconds.
 */
const constrainedElection: FaultKind = {
  name: "constrained-election",
  group: "network",
  title: "one node is cut off, and only one that lacks what it knew still reaches a quorum",
  draw(randomness, nodes) {
    if (nodes.length < 3) return undefined;
    const drawn = drawPartition(randomness, randomness.sample(nodes, nodes.length));
    return { ...drawn, amount: Math.floor(drawn.microseconds / randomness.integer(2, 5)) };
  },
  begin(fault, { network, clock }) {
    const [hub, leader] = fault.nodes;
    const later = constrainedElectionCut(fault);
    const cuts: Cut = (from, to) =>
      clock.now < fault.at + fault.amount
        ? (from === hub && to === leader) || (from === leader && to === hub)
        : later(from, to);
    return network.begin({ name: fault.name, cuts });
  },
  lastingCut: constrainedElectionCut,
};

function constrainedElectionCut({ nodes: [hub, leader] }: Pick<Fault, "nodes">): Cut {
  return (from, to) => from === leader || to === leader || (from !== hub && to !== hub);
}

/** The nodes are in the order of the chain. */
const chained: FaultKind = {
  name: "chained",
  group: "network",
  title: "the nodes are a chain, in which each reaches its neighbours only",
  draw: (randomness, nodes) =>
    nodes.length < 3 ? undefined : drawPartition(randomness, randomness.sample(nodes, nodes.length)),
  begin: (fault, { network }) => network.begin({ name: fault.name, cuts: chainedCut(fault) }),
  lastingCut: chainedCut,
};

function chainedCut({ nodes }: Pick<Fault, "nodes">): Cut {
  return (from, to) => Math.abs(nodes.indexOf(from) - nodes.indexOf(to)) > 1;
}

export const partitions: readonly FaultKind[] = [partition, oneWay, flapping, quorumLoss, constrainedElection, chained];
