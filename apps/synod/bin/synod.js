#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`(error) synod needs Node 22.19 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}

// A thread per role fills the cores: a collector with threads of its own would take them away. Before Node 24 the flag
// cannot be set once V8 runs.
if (major >= 24) setFlagsFromString("--single-threaded-gc");
// Threads end here as a matter of course, and Node 24 now and then aborts when WebAssembly code of theirs is collected:
// nodejs/node issue 64500.
setFlagsFromString("--no-wasm-code-gc");

await import("../dist/main.js");
