/**
 * SHA-256, as the digest of protocols whose nodes may lie.
 */
import type { Digest } from "@synod/protocol";
import { hash } from "node:crypto";

export const sha256: Digest = (bytes) => new Uint8Array(hash("sha256", bytes, "buffer"));
