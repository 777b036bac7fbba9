/**
 * The version of this program, as its package says it.
 */
import { Schema } from "effect";
import { readFileSync } from "node:fs";

const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }));

// One folder up, from the sources and from what is built of them.
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const { version } = Schema.decodeUnknownSync(Manifest)(manifest);
