/**
 * What tells a cluster and its nodes from all others, where the protocol signs.
 */
import { makeNodeKeys, newNodeKeys, readNodeKeys, type KnownKeys, type NodeKeys, type Plan } from "@synod/actors";
import { StorageError } from "@synod/storage";
import { randomUUID } from "node:crypto";

export interface Identity {
  /** Names the cluster, like no other. */
  readonly cluster: string;
  readonly keys: NodeKeys;
}

export function newClusterName(): string {
  return randomUUID();
}

/** Of a cluster that ends with the process; undefined when its nodes sign nothing. */
export function volatileIdentity({ signs, nodes }: Plan): Identity | undefined {
  return signs ? { cluster: newClusterName(), keys: newNodeKeys(nodes.map(({ node }) => node)) } : undefined;
}

/** Makes what is missing of the keys of a folder that is new. */
export function makeKeys(folder: string, { signs, nodes }: Plan): void {
  if (signs)
    makeNodeKeys(
      folder,
      nodes.map(({ node }) => node),
    );
}

/**
 * Of a cluster that its folder keeps.
 *
 * @param cluster the name that the folder says
 * @param known the public keys that it says; none in folders of the time when it said none
 * @throws StorageError when a part of it is lost, or exchanged
 */
export function keptIdentity(
  folder: string,
  { signs, nodes }: Plan,
  cluster: string | undefined,
  known: KnownKeys = {},
): Identity | undefined {
  if (!signs) return undefined;
  // It begins every text that was signed.
  if (cluster === undefined) throw new StorageError("corrupt", folder, "cluster.json does not name the cluster");
  return {
    cluster,
    keys: readNodeKeys(
      folder,
      nodes.map(({ node }) => node),
      known,
    ),
  };
}
