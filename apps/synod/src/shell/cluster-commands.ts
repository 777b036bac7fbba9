/**
 * The commands that every cluster has: to look at it, and to hurt and mend it.
 */
import type { NodeRole } from "@synod/protocol";
import type { Cluster } from "@synod/cluster";
import { integer, ShellError, type ShellCommands } from "./shell.ts";
import { showStatus } from "./status.ts";

export interface ClusterDesk {
  readonly cluster: Pick<Cluster, "status" | "kill" | "restart">;
  /** The roles that its nodes have. */
  readonly roles: readonly NodeRole[];
  /** Hears that no further line is wanted. */
  readonly quit: () => void;
}

export function clusterCommands({ cluster, roles, quit }: ClusterDesk): ShellCommands {
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

function parseTarget(
  target: string,
  roles: readonly NodeRole[],
): { readonly node: number; readonly role: NodeRole | undefined } {
  const [, digits, name] = /^(\d{1,9})(?:\/(\w+))?$/.exec(target) ?? [];
  if (digits === undefined)
    throw new ShellError(`expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '${target}'`);
  const role = roles.find((each) => each === name);
  if (name !== undefined && role === undefined) {
    throw new ShellError(`no role '${name}': expected one of ${roles.join(", ")}`);
  }
  return { node: Number(digits), role };
}
