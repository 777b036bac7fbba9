/**
 * Signing and verifying a batch, at once.
 */
import { signatureBytes, type Statement } from "@synod/protocol";
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import type { PublicKeys } from "./keys.ts";

/** What one node knows. */
export class Ed25519 {
  readonly #privateKey: KeyObject;
  readonly #publicKeys: readonly KeyObject[];

  /** @throws Error for what is no key */
  constructor(privateKey: string, publicKeys: PublicKeys) {
    this.#privateKey = createPrivateKey(privateKey);
    this.#publicKeys = publicKeys.map((key) => createPublicKey(key));
  }

  signAll(texts: readonly Uint8Array[]): readonly Uint8Array[] {
    return texts.map((text) => new Uint8Array(sign(null, text, this.#privateKey)));
  }

  verifyAll(statements: readonly Statement[]): readonly boolean[] {
    return statements.map((statement) => this.#isSigned(statement));
  }

  /** A signer that is no node has signed nothing. */
  #isSigned({ signer, text, signature }: Statement): boolean {
    const key = this.#publicKeys[signer - 1];
    return key !== undefined && signature.length === signatureBytes && verify(null, text, key, signature);
  }
}
