/**
 * The commands of values that a primary keeps.
 */
import type { PrimaryClient } from "@synod/client";
import type { ShellCommands } from "./shell.ts";

export function valueCommands(client: Pick<PrimaryClient, "put" | "get" | "delete">): ShellCommands {
  return {
    put: {
      usage: "put KEY VALUE",
      help: "stores a value at the primary and its backup",
      words: 2,
      run: async ([key = "", value = ""]) => {
        await client.put(key, value);
        return "OK";
      },
    },
    get: {
      usage: "get KEY",
      help: "the value that the primary has, or (nil)",
      words: 1,
      run: async ([key = ""]) => (await client.get(key)) ?? "(nil)",
    },
    delete: {
      usage: "delete KEY",
      help: "removes a value, if there is one",
      words: 1,
      run: async ([key = ""]) => {
        await client.delete(key);
        return "OK";
      },
    },
  };
}
