import { spawnSync } from "node:child_process";

/** The part of what `nx release` hands to a changelog renderer that is read here. */
interface RendererConfig {
  readonly changelogEntryVersion: string;
}

/** Runs git and returns its output, or undefined where git refuses (no tag yet). */
const git = (...args: readonly string[]): string | undefined => {
  const run = spawnSync("git", args, { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim() : undefined;
};

/**
 * The changelog entry of one release: the first line of each commit since the last release tag, newest first.
 *
 * Nx's own renderer drops every commit that is not a conventional one, and ours are plain sentences.
 */
export default class Changelog {
  readonly #version: string;

  constructor(config: RendererConfig) {
    this.#version = config.changelogEntryVersion;
  }

  render(): string {
    const lastTag = git("describe", "--tags", "--abbrev=0", "--match", "v*");
    const log = git("log", "--no-merges", "--format=- %s", lastTag === undefined ? "HEAD" : `${lastTag}..HEAD`);
    if (log === undefined) throw new Error("changelog: git log failed; a release is made from a git checkout");
    const changes = log === "" ? "Nothing changed but the version." : log;
    return `## ${this.#version} (${new Date().toISOString().slice(0, 10)})\n\n${changes}`;
  }
}
