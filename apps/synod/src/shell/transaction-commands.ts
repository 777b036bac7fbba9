/**
 * The commands of transactions.
 */
import type { TransactionClient } from "@synod/client";
import { integer, ShellError, type ShellCommands } from "./shell.ts";

export function transactionCommands(
  client: Pick<TransactionClient, "begin" | "put" | "get" | "commit" | "abort">,
): ShellCommands {
  return {
    begin: {
      usage: "begin",
      help: "the number of a new transaction",
      words: 0,
      run: async () => integer(await client.begin()),
    },
    put: {
      usage: "put TX KEY VALUE",
      help: "writes a key in a transaction, which is aborted if another one has the key",
      words: 3,
      run: async ([transaction = "", key = "", value = ""]) => {
        await client.put(numberOf(transaction), key, value);
        return "OK";
      },
    },
    get: {
      usage: "get KEY",
      help: "what is committed, or (nil)",
      words: 1,
      run: async ([key = ""]) => (await client.get(key)) ?? "(nil)",
    },
    commit: {
      usage: "commit TX",
      help: "has all of it written: committed, or aborted and nothing is",
      words: 1,
      run: async ([transaction = ""]) => ((await client.commit(numberOf(transaction))) ? "committed" : "aborted"),
    },
    abort: {
      usage: "abort TX",
      help: "gives a transaction up",
      words: 1,
      run: async ([transaction = ""]) => {
        await client.abort(numberOf(transaction));
        return "OK";
      },
    },
  };
}

function numberOf(word: string): number {
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new ShellError(`expected the number of a transaction, as begin says it, got '${word}'`);
}
