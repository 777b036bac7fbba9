import type { Signatures, Statement } from "@synod/protocol";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { inlineSignatures, keyPairOf, newKeyPair, pooledSignatures, sha256 } from "../src/index.ts";

const keys = [newKeyPair(), newKeyPair(), newKeyPair()];
const publicKeys = keys.map(({ publicKey }) => publicKey);
const privateKey = keys[0]?.privateKey ?? "";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const pooled = pooledSignatures(privateKey, publicKeys, {
  threads: 2,
  leastPart: 2,
  failed: (failure) => {
    throw failure;
  },
});
afterAll(() => pooled.close());

const both: readonly (readonly [string, Signatures])[] = [
  ["inline", inlineSignatures(privateKey, publicKeys)],
  ["pooled", pooled],
];

const sign = (signatures: Signatures, texts: readonly Uint8Array[]): Promise<readonly Uint8Array[]> =>
  new Promise((done) => signatures.sign(texts, done));
const verify = (signatures: Signatures, statements: readonly Statement[]): Promise<readonly boolean[]> =>
  new Promise((done) => signatures.verify(statements, done));

describe.each(both)("%s signatures", (_name, signatures) => {
  const texts = Array.from({ length: 9 }, (_, index) => bytes(`text ${index}`));

  test("verify when the text and the signer are those that were signed, each in its place", async () => {
    const signed = await sign(signatures, texts);
    expect(signed.map(({ length }) => length)).toEqual(texts.map(() => 64));
    const statements = texts.map((text, index) => ({ signer: 1, text, signature: signed[index] ?? text }));
    expect(await verify(signatures, statements)).toEqual(texts.map(() => true));
    const [first, second] = signed;
    if (first === undefined || second === undefined) throw new Error("not signed");
    const wrong: readonly Statement[] = [
      { signer: 2, text: bytes("text 0"), signature: first },
      { signer: 1, text: bytes("text 1"), signature: first },
      { signer: 1, text: bytes("text 0"), signature: first },
      { signer: 1, text: bytes("text 0"), signature: first.subarray(1) },
      { signer: 0, text: bytes("text 0"), signature: first },
      { signer: 4, text: bytes("text 0"), signature: first },
      { signer: 1, text: bytes("text 1"), signature: second },
    ];
    expect(await verify(signatures, wrong)).toEqual([false, false, true, false, false, false, true]);
  });

  test("of no texts are none", async () => {
    expect(await sign(signatures, [])).toEqual([]);
    expect(await verify(signatures, [])).toEqual([]);
  });

  test("batches of one kind are done in the order in which they were given", async () => {
    const order: number[] = [];
    const sizes = [40, 1, 20, 1];
    await Promise.all(
      sizes.map(
        (size, index) =>
          new Promise<void>((done) => {
            signatures.sign(
              Array.from({ length: size }, () => bytes("x")),
              (signed) => {
                order.push(index);
                expect(signed).toHaveLength(size);
                done();
              },
            );
          }),
      ),
    );
    expect(order).toEqual([0, 1, 2, 3]);
  });
});

test("what is no key is refused at once", () => {
  expect(() => inlineSignatures("no key", publicKeys)).toThrow();
  expect(() => pooledSignatures(privateKey, ["no key"], { failed: () => undefined })).toThrow();
});

test("a node's key is made once, and is for its owner only", () => {
  const folder = mkdtempSync(join(tmpdir(), "synod-keys-"));
  try {
    const file = join(folder, "node-1", "key.pem");
    const made = keyPairOf(file);
    expect(keyPairOf(file)).toEqual(made);
    expect(readFileSync(file, "utf8")).toBe(made.privateKey);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, "no key");
    expect(() => keyPairOf(file)).toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the digest is SHA-256", () => {
  const hexadecimal = Buffer.from(sha256(bytes("abc"))).toString("hex");
  expect(hexadecimal).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
