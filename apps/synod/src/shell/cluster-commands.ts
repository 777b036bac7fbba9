/**
 * The commands that every cluster has: to look at it, and to hurt and mend it.
 */
import type { NodeRole } from "@synod/protocol";
import type { Cluster } from "@synod/cluster";
import { integer, ShellError, type ShellCommands } from "./shell.ts";
import { showStatus } from "./status.ts";

export interface ClusterDesk {
  readonly cluster: Pick<Cluster, "status" | "kill" | "restart" | "add" | "remove" | "replace">;
  /** The roles that its nodes have. */
  readonly roles: readonly NodeRole[];
  /** Who its members are may change. */
  readonly membersChange: boolean;
  /** Hears that no further line is wanted. */
  readonly quit: () => void;
}

export function clusterCommands({ cluster, roles, membersChange, quit }: ClusterDesk): ShellCommands {
  return {
    status: {
      usage: "status",
      help: "a table of all roles: thread, ballot, slots and log",
      words: 0,
      run: async () => showStatus(await cluster.status()),
    },
    leader: {
      usage: "leader",
      help: "the node that leads, or (nil)",
      words: 0,
      run: async () => {
        const { leader } = await cluster.status();
        return leader === 0 ? "(nil)" : integer(leader);
      },
    },
    kill: {
      usage: "kill NODE[/ROLE]",
      help: "ends a node's threads, or one role's, as a crash would",
      words: 1,
      run: async ([target = ""]) => {
        const { node, role } = parseTarget(target, roles);
        await cluster.kill(node, role);
        return "OK";
      },
    },
    restart: {
      usage: "restart NODE[/ROLE]",
      help: "starts what was killed",
      words: 1,
      run: async ([target = ""]) => {
        const { node, role } = parseTarget(target, roles);
        await cluster.restart(node, role);
        return "OK";
      },
    },
    ...(membersChange ? memberCommands(cluster) : {}),
    quit: {
      usage: "quit",
      help: "stops the cluster",
      words: 0,
      run: async () => {
        quit();
        return "OK";
      },
    },
  };
}

function memberCommands(cluster: ClusterDesk["cluster"]): ShellCommands {
  return {
    add: {
      usage: "add NODE",
      help: "starts a new node and has it voted in",
      words: 1,
      run: async ([node = ""]) => {
        await cluster.add(parseNode(node));
        return "OK";
      },
    },
    remove: {
      usage: "remove NODE",
      help: "has a node voted out; it stops by itself",
      words: 1,
      run: async ([node = ""]) => {
        await cluster.remove(parseNode(node));
        return "OK";
      },
    },
    replace: {
      usage: "replace OLD NEW",
      help: "has a new node voted in for an old one",
      words: 2,
      run: async ([old = "", node = ""]) => {
        await cluster.replace(parseNode(old), parseNode(node));
        return "OK";
      },
    },
  };
}

function parseNode(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new ShellError(`expected the number of a node, such as 4, got '${word}'`);
}

function parseTarget(
  target: string,
  roles: readonly NodeRole[],
): { readonly node: number; readonly role: NodeRole | undefined } {
  const [, digits, name] = /^(\d{1,9})(?:\/([\w-]+))?$/.exec(target) ?? [];
  if (digits === undefined)
    throw new ShellError(`expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '${target}'`);
  const role = roles.find((each) => each === name);
  if (name !== undefined && role === undefined) {
    throw new ShellError(`no role '${name}': expected one of ${roles.join(", ")}`);
  }
  return { node: Number(digits), role };
}
