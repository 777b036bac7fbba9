/**
 * Keys and values are texts for who calls, and UTF-8 on their way.
 */
import { limits } from "@synod/protocol";
import { LimitError } from "@synod/machines";

/** @throws LimitError */
export function encodeKey(key: string): Uint8Array {
  return encode(key, "keyBytes");
}

/** @throws LimitError */
export function encodeValue(value: string): Uint8Array {
  return encode(value, "storedBytes");
}

export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function encode(text: string, limit: "keyBytes" | "storedBytes"): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > limits[limit]) throw new LimitError(limit, bytes.length);
  return bytes;
}
