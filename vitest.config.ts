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
    execArgv: [`--conditions=${condition}`],
    testTimeout: 30_000,
  },
});
