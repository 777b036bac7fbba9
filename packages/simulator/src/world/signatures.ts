/**
 * Signatures of a simulated world: quick, the same in every run, and not to be forged in it. Only the ring knows the
 * secrets; whoever holds the signer of a node can sign as that node and as no other.
 */
import { sameValue, type Signatures, type Statement } from "@synod/protocol";

export interface SignerOptions {
  /** Hands over what a batch gave: at once, unless it is put off. */
  readonly later?: (job: () => void) => void;
}

export class KeyRing {
  /** Signs as `node`, and verifies what any node has signed. */
  signer(node: number, { later = (job) => job() }: SignerOptions = {}): Signatures {
    return {
      sign: (texts, done) => {
        const signatures = texts.map((text) => signatureOf(node, text));
        later(() => done(signatures));
      },
      verify: (statements, done) => {
        const valid = statements.map(isSigned);
        later(() => done(valid));
      },
    };
  }
}

function isSigned({ signer, text, signature }: Statement): boolean {
  return sameValue(signatureOf(signer, text), signature);
}

/** 8 bytes that depend on every bit of the text and on who signs. */
function signatureOf(node: number, text: Uint8Array): Uint8Array {
  let one = Math.imul(node, 0x9e3779b1) ^ 0x811c9dc5;
  let other = Math.imul(node, 0x85ebca6b) ^ 0x2545f491;
  for (const byte of text) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ (other >>> 15) ^ byte, 0x85ebca6b);
  }
  return Uint8Array.of(one, one >>> 8, one >>> 16, one >>> 24, other, other >>> 8, other >>> 16, other >>> 24);
}
