import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, test } from "vitest";

// Type-aware rules want the file on disk to be the text that is linted. These cases are about imports and globals only.
const withoutTypes = Object.assign({}, ...[tseslint.configs.disableTypeChecked].flat());
const eslint = new ESLint({ cwd: new URL("..", import.meta.url).pathname, overrideConfig: withoutTypes });

const boundary = "@nx/enforce-module-boundaries";
const imports = "no-restricted-imports";

/** The rules that `text` breaks if it is the whole of `filePath`, which must exist for Nx to know whose it is. */
const brokenRules = async (filePath: string, text: string): Promise<ReadonlySet<string>> => {
  const results = await eslint.lintText(text, { filePath });
  return new Set(results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message)));
};

const importing = (specifier: string): string => `import * as imported from "${specifier}";\nexport { imported };\n`;

describe("what a package may not import", () => {
  test.each([
    ["protocol", "@synod/wire", boundary],
    ["protocol", "@synod/wire", imports],
    ["protocol", "effect", imports],
    ["protocol", "node:fs", imports],
    ["protocol", "fast-check", imports],
    ["wire", "@synod/storage", boundary],
    ["wire", "@synod/driver", boundary],
    ["wire", "node:buffer", imports],
    ["wire", "effect", imports],
    ["storage", "@synod/transports", boundary],
    ["storage", "@synod/driver", boundary],
    ["storage", "effect", imports],
    ["transports", "@synod/machines", boundary],
    ["transports", "@synod/cluster", boundary],
    ["machines", "node:fs", imports],
    ["machines", "@synod/client", boundary],
    ["driver", "effect", imports],
    ["driver", "effect/testing", imports],
    ["driver", "@effect/platform-node", imports],
    ["simulator", "node:timers", imports],
    ["simulator", "effect", imports],
    ["cluster", "../../../apps/synod/src/main.ts", boundary],
    ["protocol", "../../wire/src/index.ts", boundary],
  ])("%s may not import %s (%s)", async (name, specifier, rule) => {
    expect(await brokenRules(`packages/${name}/src/index.ts`, importing(specifier))).toContain(rule);
  });
});

describe("what a package may import", () => {
  test.each([
    ["packages/protocol/src/index.ts", "./ballot.ts"],
    ["packages/wire/src/index.ts", "@synod/protocol"],
    ["packages/storage/src/index.ts", "@synod/wire"],
    ["packages/storage/src/index.ts", "node:fs"],
    ["packages/driver/src/index.ts", "@synod/storage"],
    ["packages/simulator/src/index.ts", "@synod/driver"],
    ["packages/actors/src/index.ts", "effect"],
    ["packages/cluster/src/index.ts", "@synod/actors"],
    ["apps/synod/src/main.ts", "@synod/cluster"],
  ])("%s may import %s", async (filePath, specifier) => {
    expect([...(await brokenRules(filePath, importing(specifier)))]).toEqual([]);
  });
});

test.each([
  ["new Date().getTime()", "no-restricted-globals"],
  ["setTimeout(() => undefined, 1)", "no-restricted-globals"],
  ["process.pid", "no-restricted-globals"],
  ["performance.now()", "no-restricted-globals"],
  ["globalThis.performance", "no-restricted-properties"],
  ["Math.random()", "no-restricted-properties"],
])("the protocol may not say %s", async (expression, rule) => {
  const broken = await brokenRules("packages/protocol/src/index.ts", `export const now = ${expression};\n`);
  expect(broken).toContain(rule);
});
