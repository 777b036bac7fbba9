/**
 * Signatures in the thread that asks for them: no hop, and nothing else gets done meanwhile.
 */
import type { Signatures } from "@synod/protocol";
import { Ed25519 } from "./ed25519.ts";
import type { SigningKeys } from "./keys.ts";

/** @throws Error for what is no key */
export function inlineSignatures(keys: SigningKeys): Signatures {
  const ed25519 = new Ed25519(keys);
  return {
    sign: (texts, done) => done(ed25519.signAll(texts)),
    verify: (statements, done) => done(ed25519.verifyAll(statements)),
  };
}
