#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// A thread per role fills the cores: a collector with threads of its own would take them away.
setFlagsFromString("--single-threaded-gc");

await import("../dist/main.js");
