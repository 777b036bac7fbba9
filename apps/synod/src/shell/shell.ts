/**
 * `synod up` takes commands: one line in, one reply out, in the manner of redis-cli.
 */
import { showError } from "../failure.ts";
import { splitWords } from "./words.ts";

/** A command that is not understood: the message says what was expected. */
export class ShellError extends Error {
  override readonly name = "ShellError";
}

export interface ShellCommand {
  readonly usage: string;
  readonly help: string;
  /** How many words may follow the name. */
  readonly words: number;
  /** Between the quotes a word may hold anything; a reply is one line unless the help says otherwise. */
  readonly run: (words: readonly string[]) => Promise<string>;
}

/** By name, in the order in which help shows them. */
export type ShellCommands = Readonly<Record<string, ShellCommand>>;

/** Runs one line; the reply, `(error) ...` when it is refused, or undefined for an empty line. */
export async function runLine(commands: ShellCommands, line: string): Promise<string | undefined> {
  try {
    const [name, ...words] = splitWords(line);
    if (name === undefined) return undefined;
    const command = Object.hasOwn(commands, name.toLowerCase()) ? commands[name.toLowerCase()] : undefined;
    if (command === undefined) throw new ShellError(`unknown command '${name}'; try help`);
    if (words.length !== command.words) {
      throw new ShellError(`expected ${command.usage}, got ${countOf(words)} after ${name}`);
    }
    return await command.run(words);
  } catch (failure) {
    return showError(failure instanceof Error ? failure.message : String(failure));
  }
}

function countOf(words: readonly string[]): string {
  return words.length === 1 ? "1 word" : `${words.length} words`;
}

export function integer(value: number): string {
  return `(integer) ${value}`;
}

/** Commands with a list of them all. */
export function withHelp(commands: ShellCommands): ShellCommands {
  const helped: ShellCommands = {
    ...commands,
    help: { usage: "help", help: "this list", words: 0, run: async () => showHelp(helped) },
  };
  return helped;
}

function showHelp(commands: ShellCommands): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  return Object.values(commands)
    .map(({ usage, help }) => `${usage.padEnd(width)}  ${help}`)
    .join("\n");
}
