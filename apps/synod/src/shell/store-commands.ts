/**
 * The commands of a key-value store.
 */
import type { KeyValueClient } from "@synod/client";
import { integer, type ShellCommands } from "./shell.ts";

export function storeCommands(
  client: Pick<KeyValueClient, "put" | "get" | "append" | "delete" | "cas">,
): ShellCommands {
  return {
    put: {
      usage: "put KEY VALUE",
      help: "stores a value",
      words: 2,
      run: async ([key = "", value = ""]) => {
        await client.put(key, value);
        return "OK";
      },
    },
    get: {
      usage: "get KEY",
      help: "the value, or (nil)",
      words: 1,
      run: async ([key = ""]) => (await client.get(key)) ?? "(nil)",
    },
    append: {
      usage: "append KEY VALUE",
      help: "adds to the end of a value; its new length in bytes",
      words: 2,
      run: async ([key = "", value = ""]) => integer(await client.append(key, value)),
    },
    delete: {
      usage: "delete KEY",
      help: "1 if there was a value, else 0",
      words: 1,
      run: async ([key = ""]) => integer(Number(await client.delete(key))),
    },
    cas: {
      usage: "cas KEY OLD NEW",
      help: "stores NEW if the value is OLD: 1, else 0",
      words: 3,
      run: async ([key = "", expected = "", value = ""]) => integer(Number(await client.cas(key, expected, value))),
    },
  };
}
