/**
 * The commands of named decrees.
 */
import type { DecreeClient } from "@synod/client";
import type { ShellCommands } from "./shell.ts";

export function decreeCommands(client: Pick<DecreeClient, "propose">): ShellCommands {
  return {
    propose: {
      usage: "propose NAME VALUE",
      help: "the value that is chosen for the name: this one, or the one that came first",
      words: 2,
      run: async ([name = "", value = ""]) => client.propose(name, value),
    },
  };
}
