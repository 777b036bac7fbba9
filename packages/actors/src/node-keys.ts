/**
 * The keys of a cluster's nodes, each in the folder of its node. They are as durable as the logs, which hold what was
 * signed: a key that is gone is lost as a log is, and a new one in its place would be somebody else's.
 */
import { keyPairOf, makeKeyPair, newKeyPair, type KeyPair } from "@synod/signatures";
import { StorageError } from "@synod/storage";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** By node. */
export type NodeKeys = ReadonlyMap<number, KeyPair>;

/** Keys that end with the process. */
export function newNodeKeys(nodes: readonly number[]): NodeKeys {
  return new Map(nodes.map((node) => [node, newKeyPair()]));
}

/** Makes the keys of a cluster that begins; those of an earlier beginning stay. */
export function makeNodeKeys(folder: string, nodes: readonly number[]): void {
  for (const node of nodes) makeKeyPair(keyFile(folder, node));
}

/** The public keys of nodes, in PEM, by node. */
export type KnownKeys = Readonly<Record<string, string>>;

export function knownKeysOf(keys: NodeKeys): KnownKeys {
  return Object.fromEntries([...keys].map(([node, { publicKey }]) => [node, publicKey]));
}

/**
 * @param known the public keys that the nodes have had; any key is taken of a node of which none is known
 * @throws StorageError when a key is lost, damaged, or another than it was
 */
export function readNodeKeys(folder: string, nodes: readonly number[], known: KnownKeys): NodeKeys {
  return new Map(nodes.map((node) => [node, readKey(keyFile(folder, node), node, known[node])]));
}

function readKey(file: string, node: number, known: string | undefined): KeyPair {
  if (!existsSync(file)) {
    const detail = `the key of node ${node} is missing: put it back, since what the node has signed was signed with it`;
    throw new StorageError("corrupt", file, detail);
  }
  const pair = keyPairIn(file);
  if (known !== undefined && pair.publicKey !== known) {
    const detail = `holds another key than that of node ${node}: put that back, since what the node has signed was signed with it`;
    throw new StorageError("corrupt", file, detail);
  }
  return pair;
}

function keyPairIn(file: string): KeyPair {
  try {
    return keyPairOf(file);
  } catch (cause) {
    throw new StorageError("corrupt", file, `holds no key of a node: ${String(cause)}`, { cause });
  }
}

function keyFile(folder: string, node: number): string {
  return join(folder, `node-${node}`, "key.pem");
}
