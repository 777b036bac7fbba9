/**
 * Cheap Paxos in the world: mains with the replicated state machine, and auxiliaries that are an acceptor alone.
 *
 * Of its nodes only the auxiliaries may be lost for good, unless an administrator replaces who is: mains may fail one after
 * the other, as long as each is removed or back before the next one fails, and a run cannot promise when that is. While
 * mains are gone nothing wrong may happen; when all are back, all must be members again.
 */
import { addressOf, cheap, leaderAccess, multi, noSuchRole, roleOf, timing } from "@synod/protocol";
import type { Random } from "@synod/protocol";
import { leavingBacking, Replication } from "@synod/driver";
import { newKeyValueMachine } from "@synod/machines";
import { IdleAuxiliaries } from "../check/idle-auxiliaries.ts";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import { administration, nodesAfter } from "./administration.ts";
import { mostLater } from "./administrator.ts";
import { CheapWatcher } from "./cheap-watcher.ts";
import { drawCrowd, newSessionCrowd } from "./crowd.ts";
import { keyValueWorkload } from "./key-value.ts";
import { MultiCheckers } from "./multi-checkers.ts";
import { drawLimits } from "./multi-limits.ts";
import { accessOf, type MultiRole } from "./multi.ts";
import { drawPaceByBytes, Replicas } from "./replicas.ts";
import { openRoleLog } from "./role-log.ts";

type CheapCast = Cast<multi.Message, multi.Entry, multi.Delivery>;
export type CheapProtocol = SimulatedProtocol<multi.Message, multi.Entry, multi.Delivery>;

/** What a run of Cheap Paxos is made of: all real, unless a museum's exhibit replaces a part. */
export interface CheapParts {
  proposer(configuration: cheap.Configuration, node: number, random: Random): MultiRole;
  acceptor(configuration: cheap.Configuration, node: number): MultiRole;
}

const realParts: CheapParts = {
  proposer: (configuration, node, random) => new cheap.Proposer(configuration, node, random),
  acceptor: (configuration, node) => new cheap.Acceptor(configuration, node),
};

const mainRoles = ["proposer", "acceptor", "learner"] as const;
const auxiliaryRoles = ["acceptor"] as const;

/** @param replaced parts that are not the real ones */
export function newCheapProtocol(replaced: Partial<CheapParts> = {}): CheapProtocol {
  const parts = { ...realParts, ...replaced };
  return {
    name: "cheap",
    layout: cheap.layout,
    asEntry: cheap.asEntry,
    slotOf: cheap.slotOf,
    seconds: [1, 6],
    newMachine: newKeyValueMachine,
    cast: (setting) => castOf(setting, parts),
  };
}

function castOf(setting: Setting, parts: CheapParts): CheapCast {
  const { randomness, report, reached, machine = newKeyValueMachine, workload = keyValueWorkload } = setting;
  const configuration = drawConfiguration(randomness, setting);
  const { nodes, auxiliaries } = configuration;
  const { membersChange } = setting;
  // All of them join as mains.
  const laterNodes = membersChange ? nodesAfter(nodes) : [];
  const firstMains = nodes.filter((node) => !auxiliaries.includes(node));
  const mains = [...firstMains, ...laterNodes];
  const checkers = new MultiCheckers(
    configuration.quorums,
    configuration,
    true,
    configuration.limits.logBytes,
    report,
    reached,
  );
  // The leaders ask themselves for these.
  for (const main of mains) {
    checkers.asked.asksChange({ add: 0, remove: main });
    checkers.asked.asksChange({ add: main, remove: 0 });
  }
  const idle = new IdleAuxiliaries({
    auxiliaries,
    latelyTicks: Math.ceil(configuration.timing.electionTicks / 2),
    newest: () => checkers.consensus.newest,
    report,
    idle: () => reached.count("auxiliary-idle"),
  });
  const seenWorkload = checkers.watchedWorkload(workload);
  const replicas = new Replicas<multi.Message, multi.Entry>({
    newReplica: (node) => checkers.watchedReplica({ machine: machine(), node }),
    replication: (options) => new Replication({ ...options, memberships: multi.firstMemberships(configuration) }),
    pace: drawPaceByBytes(randomness),
    reached,
  });
  const crowd = drawCrowd(randomness.stream("crowd"));
  const watcher = new CheapWatcher({
    checkers,
    limits: configuration.limits,
    reached,
    survivingSnapshot: replicas.survivingSnapshot,
    auxiliaries,
    idle,
  });
  return {
    nodes,
    rolesOf: (node) => (auxiliaries.includes(node) ? auxiliaryRoles : mainRoles),
    spareNodes: auxiliaries.length,
    maySpare: (node) => auxiliaries.includes(node),
    failsForGood: true,
    progressTicks: 3000,
    people: crowd.people,
    segmentBytes: randomness.pick([512, 4096, 65_536]),
    model: workload.model,
    watcher,
    newRole(role, node, { random }) {
      switch (role) {
        case "proposer":
          return idle.watched(parts.proposer(configuration, node, random), node);
        case "acceptor":
          return parts.acceptor(configuration, node);
        case "learner":
          return replicas.learns(node, new cheap.Learner(configuration, node));
        default:
          return noSuchRole(role);
      }
    },
    backing: (role, life) =>
      roleOf(life.address) === "proposer" ? () => leavingBacking(life.leaves) : replicas.backing(role, life),
    openLog: (life) => openRoleLog(life),
    newPerson: newSessionCrowd({
      access: () => (membersChange ? accessOf(() => checkers.consensus.members.mains) : leaderAccess(mains)),
      workload: seenWorkload,
      thinkMicroseconds: crowd.thinkMicroseconds,
    }),
    ...administration({ checkers, laterNodes, maySpare: () => watcher.mayLoseMain(), reached }),
    unsettled(isUp) {
      const { members, absent, highest } = checkers.consensus.members;
      const isOut = (node: number): boolean => node <= highest && !members.includes(node) && !absent.includes(node);
      const gone = mains.find((node) => isOut(node) && isUp(addressOf("proposer", node)));
      if (gone !== undefined) return `node ${gone} is no member, and goes on`;
      const differ = replicas.unsettled([...members, ...absent], isUp);
      if (differ !== undefined) return differ;
      const left = [...members, ...absent].find((node) => isUp(addressOf("learner", node)) && !members.includes(node));
      return left === undefined ? undefined : `main ${left} is up, and not taken in again`;
    },
    finalCheck: () => checkers.finish(),
  };
}

function drawConfiguration(randomness: Randomness, { nodes, workload, membersChange }: Setting): cheap.Configuration {
  const count = nodes ?? randomness.pick([3, 3, 3, 4, 5, 5]);
  const mains = Math.floor(count / 2) + 1;
  // Hasty elections make leaders compete, late retries leave gaps to the next one; the last are the times of nodes.
  const times = randomness.pick([
    { heartbeatTicks: 2, electionTicks: 6, retryTicks: 40, catchUpTicks: 2 },
    { heartbeatTicks: 2, electionTicks: 8, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 10, retryTicks: 5, catchUpTicks: 2 },
    timing,
  ]);
  const limits = drawLimits(randomness.stream("limits"), workload === undefined);
  return cheap.configurationOf(mains, count - mains, {
    identities: membersChange ? count + mostLater : count,
    alphaSlots: limits.windowSlots + randomness.stream("alpha").pick([0, 0, 1, 5]),
    learning: randomness.pick(["distinguished", "every"]),
    timing: times,
    limits,
  });
}
