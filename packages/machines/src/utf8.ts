/**
 * Text as people write it, to the byte strings that machines keep and back. ASCII is its own byte string, so that most
 * texts pass through as they are.
 */
import { byteString } from "@synod/wire";

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(encoding: string, options: { readonly ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
// A byte order mark at the front is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The UTF-8 of a text as a byte string; an unpaired surrogate becomes U+FFFD. */
export function utf8Bytes(text: string): string {
  return isAscii(text) ? text : byteString(encoder.encode(text));
}

/** The text of which a byte string is the UTF-8; what is not UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: string): string {
  return isAscii(bytes) ? bytes : decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
