/**
 * What a person finds at the prompt of `synod up`: the commands of what the cluster's protocol keeps.
 */
import type { Cluster } from "@synod/cluster";
import { clusterCommands } from "./cluster-commands.ts";
import { withHelp, type ShellCommands } from "./shell.ts";
import { decreeCommands } from "./decree-commands.ts";
import { storeCommands } from "./store-commands.ts";
import { transactionCommands } from "./transaction-commands.ts";
import { valueCommands } from "./value-commands.ts";

/** The place where commands are taken. */
export interface Desk {
  readonly commands: ShellCommands;
  /** What to try first, with `node` to be killed. */
  hint(node: number): string;
  close(): void;
}

/** @param quit hears that no further line is wanted */
export function openDesk(cluster: Cluster, quit: () => void): Desk {
  const { commands, ...desk } = serviceOf(cluster);
  const membersChange = cluster.options.plan.joiners !== undefined;
  const roles = [...new Set(cluster.options.plan.nodes.flatMap((node) => node.roles))];
  return { ...desk, commands: withHelp({ ...commands, ...clusterCommands({ cluster, roles, membersChange, quit }) }) };
}

function serviceOf(cluster: Cluster): Desk {
  switch (cluster.options.plan.service) {
    case "store":
      return storeOf(cluster);
    case "decrees":
      return decreesOf(cluster);
    case "transactions":
      return transactionsOf(cluster);
    case "values":
      return valuesOf(cluster);
  }
}

function decreesOf(cluster: Cluster): Desk {
  const client = cluster.decrees();
  return {
    commands: decreeCommands(client),
    hint: (node) => `Try: propose color red, propose color blue, kill ${node}, propose color green, restart ${node}.`,
    close: () => client.close(),
  };
}

function transactionsOf(cluster: Cluster): Desk {
  const client = cluster.transactions();
  return {
    commands: transactionCommands(client),
    hint: (node) => `Try: begin, put TX city Vienna, put TX river Danube, commit TX, get city, kill ${node}, status.`,
    close: () => client.close(),
  };
}

function valuesOf(cluster: Cluster): Desk {
  const client = cluster.values();
  return {
    commands: valueCommands(client),
    hint: () => "Try: put city Vienna, get city, status, kill 2, get city, restart 2.",
    close: () => client.close(),
  };
}

function storeOf(cluster: Cluster): Desk {
  const client = cluster.client();
  return {
    commands: storeCommands(client),
    hint: (node) => `Try: put city Vienna, get city, kill ${node}, get city, status, restart ${node}.`,
    close: () => client.close(),
  };
}
