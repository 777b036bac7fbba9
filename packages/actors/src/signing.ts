/**
 * How the roles of nodes come by their signatures: each in its own thread, or all in one pool of the process.
 */
import type { Signatures } from "@synod/protocol";
import { inlineSignatures, pooledSignatures, SignaturePool, type PoolPath, type SigningKeys } from "@synod/signatures";
import type { NodeKeys } from "./node-keys.ts";

/** Where signatures are made and verified: on a pool of threads, or in the thread of the role. */
export type SigningPlace = "pool" | "inline";

export interface SigningSettings {
  /** Names the cluster, like no other. */
  readonly cluster: string;
  readonly keys: NodeKeys;
  readonly place: SigningPlace;
}

/** What a worker thread is given to sign with. */
export type Signing =
  { readonly place: "inline"; readonly keys: SigningKeys } | { readonly place: "pool"; readonly path: PoolPath };

/** Gives each thread what it signs with. */
export class Signers {
  readonly #settings: SigningSettings;
  readonly #pool: SignaturePool | undefined;

  constructor(settings: SigningSettings) {
    this.#settings = settings;
    this.#pool = settings.place === "pool" ? new SignaturePool() : undefined;
  }

  /** For one life of a thread of a node. */
  signingOf(node: number): Signing {
    const { cluster, keys } = this.#settings;
    const own = keys.get(node);
    if (own === undefined) throw new RangeError(`node ${node} has no keys`);
    const publicKeys = [...keys.values()].map(({ publicKey }) => publicKey);
    const signingKeys: SigningKeys = { cluster, privateKey: own.privateKey, publicKeys };
    if (this.#pool === undefined) return { place: "inline", keys: signingKeys };
    return { place: "pool", path: this.#pool.connect(signingKeys) };
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}

export interface OpenSignatures extends Signatures {
  close(): void;
}

/** @param failed the pool has ended, and with it what was asked of it */
export function openSignatures(signing: Signing, failed: (failure: Error) => void): OpenSignatures {
  if (signing.place === "pool") return pooledSignatures(signing.path, { failed });
  return { ...inlineSignatures(signing.keys), close: () => undefined };
}
