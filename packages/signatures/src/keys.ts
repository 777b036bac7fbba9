/**
 * The keys of nodes. A node's private key stays on the node; its public key is known to all.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A pair of keys, as text that can go into a file, or to a thread. */
export interface KeyPair {
  /** PKCS #8, in PEM. */
  readonly privateKey: string;
  /** SPKI, in PEM. */
  readonly publicKey: string;
}

/** The public keys of a cluster: that of node i at index i - 1. */
export type PublicKeys = readonly string[];

/** What a node needs to sign and to verify. */
export interface SigningKeys {
  /** Names the cluster, like no other: what is signed in one says nothing in another, even under the same keys. */
  readonly cluster: string;
  /** The node's own. */
  readonly privateKey: string;
  readonly publicKeys: PublicKeys;
}

export function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** Makes a pair, and the file that keeps its private key, durably. A file that is there stays as it is. */
export function makeKeyPair(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  // Whole or not at all: half a key would keep the node from ever starting again.
  writeFileSync(`${file}.new`, newKeyPair().privateKey, { mode: 0o600, flush: true });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * The pair whose private key a file holds.
 *
 * @throws Error when there is no such file, or it holds no private key of Ed25519
 */
export function keyPairOf(file: string): KeyPair {
  const key = createPrivateKey(readFileSync(file));
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`${file}: expected a private key of Ed25519`);
  return {
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
  };
}
