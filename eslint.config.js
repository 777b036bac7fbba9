import nx from "@nx/eslint-plugin";
import { createProjectGraphAsync } from "nx/src/devkit-exports.js";
import tseslint from "typescript-eslint";

// The boundary rule reads the project graph from Nx's cache and passes everything where there is none, as in a fresh
// clone. So the graph is made here, before any file is linted.
await createProjectGraphAsync();

/** Arrows point down: what a layer may import, by the tags in each package's package.json. */
const layers = [
  { sourceTag: "layer:ground", onlyDependOnLibsWithTags: ["layer:ground"] },
  { sourceTag: "layer:adapter", onlyDependOnLibsWithTags: ["layer:ground"] },
  { sourceTag: "layer:runtime", onlyDependOnLibsWithTags: ["layer:runtime", "layer:adapter", "layer:ground"] },
  { sourceTag: "layer:app", onlyDependOnLibsWithTags: ["layer:runtime", "layer:adapter", "layer:ground"] },
  { sourceTag: "package:protocol", notDependOnLibsWithTags: ["*"] },
  { sourceTag: "package:wire", onlyDependOnLibsWithTags: ["package:protocol"] },
];

const nothing = {
  regex: "^[^.]",
  message: "The protocol imports nothing: it runs unchanged in Node, a browser and the simulator.",
};
const noNode = {
  regex: "^node:",
  message: "This package runs in a browser and under simulation: what needs Node is injected by its caller.",
};
const noEffect = {
  regex: "^(effect|@effect/.*)(/|$)",
  message: "Effect stays out of what runs per message. It belongs to actors, client, cluster and the apps.",
};
const noClock = [
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "process",
  "console",
  "crypto",
  "fetch",
].map((name) => ({ name, message: "A role has no clock, no timers, no I/O: count ticks, write to the output." }));

/** The sources of some packages, with what they may not import. Later entries replace earlier ones. */
const sources = (packages, patterns) => ({
  files: packages.map((name) => `packages/${name}/src/**/*.ts`),
  rules: { "no-restricted-imports": ["error", { patterns }] },
});

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", ".nx/**", "coverage/**"] },
  {
    files: ["**/*.{ts,js,mjs}"],
    extends: [tseslint.configs.recommended],
    plugins: { "@nx": nx },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@nx/enforce-module-boundaries": ["error", { depConstraints: layers, allowCircularSelfDependency: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { project: "./tsconfig.test.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/only-throw-error": "error",
      // A role names the messages it answers and drops the rest by a default; a switch without one names them all.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  { files: ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"], rules: { "max-lines": ["warn", 400] } },
  sources(["driver", "signatures", "storage", "transports"], [noEffect]),
  sources(["wire", "machines", "simulator"], [noEffect, noNode]),
  {
    ...sources(["protocol"], [nothing]),
    rules: {
      ...sources(["protocol"], [nothing]).rules,
      "no-restricted-globals": ["error", ...noClock],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness is an injected, seeded function." },
        { object: "globalThis", message: "Nothing ambient: what a role needs is given to it." },
      ],
    },
  },
);
