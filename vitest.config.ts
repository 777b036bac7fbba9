import { defineConfig } from "vitest/config";

// Tests run the sources: the condition is inherited by every worker thread that a test starts.
const condition = "@synod/source";

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: ["tools/*.test.ts", "packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
    pool: "forks",
    // All cores: one would be left idle otherwise, half of a small machine.
    maxWorkers: "100%",
    // Without collection of WebAssembly code, by which Node 24 now and then aborts as threads end: nodejs/node issue 64500.
    execArgv: [`--conditions=${condition}`, "--no-wasm-code-gc"],
    testTimeout: 30_000,
  },
});
