import type { Signatures, Statement } from "@synod/protocol";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  inlineSignatures,
  keyPairOf,
  makeKeyPair,
  newKeyPair,
  pooledSignatures,
  sha256,
  SignaturePool,
  type SigningKeys,
} from "../src/index.ts";

const keys = [newKeyPair(), newKeyPair(), newKeyPair()];
const publicKeys = keys.map(({ publicKey }) => publicKey);
const privateKey = keys[0]?.privateKey ?? "";
const signingKeys: SigningKeys = { cluster: "this one", privateKey, publicKeys };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const fail = (failure: Error): void => {
  throw failure;
};
const pool = new SignaturePool(2);
const pooled = pooledSignatures(pool.connect(signingKeys), { leastPart: 2, failed: fail });
afterAll(async () => {
  pooled.close();
  await pool.close();
});

const both: readonly (readonly [string, Signatures])[] = [
  ["inline", inlineSignatures(signingKeys)],
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

  test("of one cluster say nothing in another, also under the same keys", async () => {
    const [signature] = await sign(inlineSignatures({ ...signingKeys, cluster: "another" }), [bytes("text")]);
    if (signature === undefined) throw new Error("not signed");
    expect(await verify(signatures, [{ signer: 1, text: bytes("text"), signature }])).toEqual([false]);
    // Nor where the end of a name could be taken for the beginning of a text.
    const [shifted] = await sign(inlineSignatures({ ...signingKeys, cluster: "this " }), [bytes("onetext")]);
    if (shifted === undefined) throw new Error("not signed");
    expect(await verify(signatures, [{ signer: 1, text: bytes("text"), signature: shifted }])).toEqual([false]);
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
  expect(() => inlineSignatures({ ...signingKeys, privateKey: "no key" })).toThrow();
  expect(() => pool.connect({ ...signingKeys, publicKeys: ["no key"] })).toThrow();
});

test("each signs with its own keys, however many share the pool", async () => {
  const others = keys.map((key) =>
    pooledSignatures(pool.connect({ ...signingKeys, privateKey: key.privateKey }), { failed: fail }),
  );
  const text = bytes("text");
  const signed = await Promise.all(others.map((other) => sign(other, [text])));
  for (const [index, [signature = text] = []] of signed.entries()) {
    const statements = [1, 2, 3].map((signer) => ({ signer, text, signature }));
    expect(await verify(pooled, statements)).toEqual([1, 2, 3].map((signer) => signer === index + 1));
  }
  for (const other of others) other.close();
});

test("a view is sent without what it is a view of, and stays as it is", async () => {
  const around = new Uint8Array(1000).fill(7);
  const text = around.subarray(10, 14);
  const [signature] = await sign(pooled, [text]);
  if (signature === undefined) throw new Error("not signed");
  expect(signature.buffer.byteLength).toBe(64);
  expect(around.every((byte) => byte === 7)).toBe(true);
  expect(await verify(pooled, [{ signer: 1, text: Uint8Array.of(7, 7, 7, 7), signature }])).toEqual([true]);
});

test("when the pool ends, whoever waits for it is told, and who has closed is not", async () => {
  const short = new SignaturePool(1);
  const failures: string[] = [];
  const failed = (failure: Error): void => void failures.push(failure.message);
  const closing = pooledSignatures(short.connect(signingKeys), { failed });
  const told = new Promise<void>((done) => {
    const waiting = pooledSignatures(short.connect(signingKeys), {
      failed: (failure) => {
        failed(failure);
        done();
      },
    });
    waiting.sign([bytes("text")], () => undefined);
  });
  closing.close();
  await short.close();
  await told;
  expect(failures).toEqual(["a thread that signs has ended"]);
});

test("a node's key is made once, and is for its owner only", () => {
  const folder = mkdtempSync(join(tmpdir(), "synod-keys-"));
  try {
    const file = join(folder, "node-1", "key.pem");
    // One that is lost is not made anew by whoever looks for it.
    expect(() => keyPairOf(file)).toThrow(/ENOENT/);
    makeKeyPair(file);
    const made = keyPairOf(file);
    makeKeyPair(file);
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
