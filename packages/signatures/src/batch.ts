/**
 * A batch as it crosses to another thread and back: one buffer, which is transferred. Texts and signatures are views of
 * what they came in; cloned one by one, each would take all that with it.
 *
 *     asked      what u8 · items, each: signer u32 · text bytes u32 · text · signature bytes u32 · signature
 *     answered   of signatures 64 bytes each; of verified statements a byte each, 1 when it is signed
 */
import { signatureBytes, type Statement } from "@synod/protocol";

export type Asked =
  | { readonly what: "sign"; readonly texts: readonly Uint8Array[] }
  | { readonly what: "verify"; readonly statements: readonly Statement[] };

const signing = 0;
const verifying = 1;
const itemBytes = 12;
const nothing = new Uint8Array(0);

export function packAsked(asked: Asked): Uint8Array<ArrayBuffer> {
  const statements =
    asked.what === "verify"
      ? asked.statements
      : asked.texts.map((text): Statement => ({ signer: 0, text, signature: nothing }));
  const packed = new Uint8Array(
    statements.reduce((size, { text, signature }) => size + itemBytes + text.length + signature.length, 1),
  );
  const view = new DataView(packed.buffer);
  packed[0] = asked.what === "verify" ? verifying : signing;
  let at = 1;
  for (const { signer, text, signature } of statements) {
    view.setUint32(at, signer);
    view.setUint32(at + 4, text.length);
    packed.set(text, at + 8);
    at += 8 + text.length;
    view.setUint32(at, signature.length);
    packed.set(signature, at + 4);
    at += 4 + signature.length;
  }
  return packed;
}

/** Views of the packed bytes. */
export function unpackAsked(packed: Uint8Array): Asked {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const statements: Statement[] = [];
  let at = 1;
  const bytes = (): Uint8Array => {
    const start = at + 4;
    at = start + view.getUint32(at);
    return packed.subarray(start, at);
  };
  while (at < packed.length) {
    const signer = view.getUint32(at);
    at += 4;
    const text = bytes();
    statements.push({ signer, text, signature: bytes() });
  }
  if (packed[0] === verifying) return { what: "verify", statements };
  return { what: "sign", texts: statements.map(({ text }) => text) };
}

export function packSignatures(signatures: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(signatures.length * signatureBytes);
  for (const [index, signature] of signatures.entries()) packed.set(signature, index * signatureBytes);
  return packed;
}

/** Each in bytes of its own: they are kept for longer than a batch. */
export function unpackSignatures(packed: Uint8Array): readonly Uint8Array[] {
  const count = packed.length / signatureBytes;
  return Array.from({ length: count }, (_, index) =>
    packed.slice(index * signatureBytes, (index + 1) * signatureBytes),
  );
}

export function packValid(valid: readonly boolean[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(valid, (each) => (each ? 1 : 0));
}

export function unpackValid(packed: Uint8Array): readonly boolean[] {
  return Array.from(packed, (each) => each === 1);
}
