import { spawn } from "node:child_process";

/** A command that takes longer hangs. */
const commandTimeoutMs = 180_000;

/** What a stranger's shell has: none of npm's variables about this workspace, no flags for Node. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_local_prefix)|NODE_OPTIONS$)/.test(name),
  ),
);

/** How a command ended. */
export interface Finished {
  readonly ok: boolean;
  readonly stdout: string;
  /** Standard output and error as they came, for a person. */
  readonly output: string;
}

/** Runs a command to its end, with nothing on its standard input. Rejects only where it cannot be started. */
export const run = (command: string, args: readonly string[], folder: string): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: environment,
      timeout: commandTimeoutMs,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== null) output += `\nstopped by ${signal}`;
      resolve({ ok: code === 0, stdout, output });
    });
  });

/**
 * Runs a command that the caller cannot go on without.
 *
 * @returns its standard output.
 * @throws Error with all that it printed, where it fails.
 */
export const mustRun = async (command: string, args: readonly string[], folder: string): Promise<string> => {
  const finished = await run(command, args, folder);
  if (!finished.ok) throw new Error(`${command} ${args.join(" ")} failed in ${folder}:\n${finished.output}`);
  return finished.stdout;
};
