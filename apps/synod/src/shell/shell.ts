/**
 * The commands of `synod up`: one line in, one reply out, in the manner of redis-cli.
 */
import type { Cluster } from "@synod/cluster";
import type { KeyValueClient } from "@synod/client";
import { nodeRoles, type NodeRole } from "@synod/actors";
import { showError } from "../failure.ts";
import { showStatus } from "./status.ts";
import { splitWords } from "./words.ts";

/** A command that is not understood: the message says what was expected. */
class ShellError extends Error {
  override readonly name = "ShellError";
}

interface ShellCommand {
  readonly usage: string;
  readonly help: string;
  /** How many words may follow the name. */
  readonly words: number;
  readonly run: (shell: Shell, words: readonly string[]) => Promise<string>;
}

/** Between the quotes a line may hold anything; a reply is one line unless its command says otherwise. */
const commands: Readonly<Record<string, ShellCommand>> = {
  put: {
    usage: "put KEY VALUE",
    help: "stores a value",
    words: 2,
    run: async ({ client }, [key = "", value = ""]) => {
      await client.put(key, value);
      return "OK";
    },
  },
  get: {
    usage: "get KEY",
    help: "the value, or (nil)",
    words: 1,
    run: async ({ client }, [key = ""]) => (await client.get(key)) ?? "(nil)",
  },
  append: {
    usage: "append KEY VALUE",
    help: "adds to the end of a value; its new length in bytes",
    words: 2,
    run: async ({ client }, [key = "", value = ""]) => integer(await client.append(key, value)),
  },
  delete: {
    usage: "delete KEY",
    help: "1 if there was a value, else 0",
    words: 1,
    run: async ({ client }, [key = ""]) => integer(Number(await client.delete(key))),
  },
  cas: {
    usage: "cas KEY OLD NEW",
    help: "stores NEW if the value is OLD: 1, else 0",
    words: 3,
    run: async ({ client }, [key = "", expected = "", value = ""]) =>
      integer(Number(await client.cas(key, expected, value))),
  },
  status: {
    usage: "status",
    help: "a table of all roles: thread, ballot, slots and log",
    words: 0,
    run: async ({ cluster }) => showStatus(await cluster.status()),
  },
  leader: {
    usage: "leader",
    help: "the node that leads, or (nil)",
    words: 0,
    run: async ({ cluster }) => {
      const { leader } = await cluster.status();
      return leader === 0 ? "(nil)" : integer(leader);
    },
  },
  kill: {
    usage: "kill NODE[/ROLE]",
    help: "ends a node's threads, or one role's, as a crash would",
    words: 1,
    run: async ({ cluster }, [target = ""]) => {
      const { node, role } = parseTarget(target);
      await cluster.kill(node, role);
      return "OK";
    },
  },
  restart: {
    usage: "restart NODE[/ROLE]",
    help: "starts what was killed",
    words: 1,
    run: async ({ cluster }, [target = ""]) => {
      const { node, role } = parseTarget(target);
      await cluster.restart(node, role);
      return "OK";
    },
  },
  help: {
    usage: "help",
    help: "this list",
    words: 0,
    run: async () => showHelp(),
  },
  quit: {
    usage: "quit",
    help: "stops the cluster",
    words: 0,
    run: async (shell) => {
      shell.quit();
      return "OK";
    },
  },
};

export interface Shell {
  readonly cluster: Pick<Cluster, "status" | "kill" | "restart">;
  readonly client: Pick<KeyValueClient, "put" | "get" | "append" | "delete" | "cas">;
  /** No further line is wanted. */
  readonly quit: () => void;
}

/** Runs one line; the reply, `(error) ...` when it is refused, or undefined for an empty line. */
export async function runLine(shell: Shell, line: string): Promise<string | undefined> {
  try {
    const [name, ...words] = splitWords(line);
    if (name === undefined) return undefined;
    const command = Object.hasOwn(commands, name.toLowerCase()) ? commands[name.toLowerCase()] : undefined;
    if (command === undefined) throw new ShellError(`unknown command '${name}'; try help`);
    if (words.length !== command.words) {
      throw new ShellError(`expected ${command.usage}, got ${countOf(words)} after ${name}`);
    }
    return await command.run(shell, words);
  } catch (failure) {
    return showError(failure instanceof Error ? failure.message : String(failure));
  }
}

function countOf(words: readonly string[]): string {
  return words.length === 1 ? "1 word" : `${words.length} words`;
}

function integer(value: number): string {
  return `(integer) ${value}`;
}

function parseTarget(target: string): { readonly node: number; readonly role: NodeRole | undefined } {
  const [, digits, name] = /^(\d{1,9})(?:\/(\w+))?$/.exec(target) ?? [];
  if (digits === undefined)
    throw new ShellError(`expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '${target}'`);
  const role = nodeRoles.find((each) => each === name);
  if (name !== undefined && role === undefined) {
    throw new ShellError(`no role '${name}': expected one of ${nodeRoles.join(", ")}`);
  }
  return { node: Number(digits), role };
}

function showHelp(): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  return Object.values(commands)
    .map(({ usage, help }) => `${usage.padEnd(width)}  ${help}`)
    .join("\n");
}
