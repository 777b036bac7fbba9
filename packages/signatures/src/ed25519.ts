/**
 * Signing and verifying a batch, at once.
 */
import { signatureBytes, type Statement } from "@synod/protocol";
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import type { SigningKeys } from "./keys.ts";

/** What one node knows. */
export class Ed25519 {
  readonly #privateKey: KeyObject;
  readonly #publicKeys: readonly KeyObject[];
  /** Begins all that is signed: the name of the cluster, and a 0 that ends it. */
  readonly #prefix: Uint8Array;

  /** @throws Error for what is no key */
  constructor({ cluster, privateKey, publicKeys }: SigningKeys) {
    this.#privateKey = createPrivateKey(privateKey);
    this.#publicKeys = publicKeys.map((key) => createPublicKey(key));
    this.#prefix = new TextEncoder().encode(`${cluster}\0`);
  }

  signAll(texts: readonly Uint8Array[]): readonly Uint8Array[] {
    return texts.map((text) => new Uint8Array(sign(null, this.#inCluster(text), this.#privateKey)));
  }

  verifyAll(statements: readonly Statement[]): readonly boolean[] {
    return statements.map((statement) => this.#isSigned(statement));
  }

  /** A signer that is no node has signed nothing. */
  #isSigned({ signer, text, signature }: Statement): boolean {
    const key = this.#publicKeys[signer - 1];
    return (
      key !== undefined && signature.length === signatureBytes && verify(null, this.#inCluster(text), key, signature)
    );
  }

  #inCluster(text: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#prefix.length + text.length);
    whole.set(this.#prefix);
    whole.set(text, this.#prefix.length);
    return whole;
  }
}
