/**
 * Which state machine a cluster runs, as a module that worker threads import.
 */
import type { MachineModule } from "@synod/actors";
import { Effect } from "effect";
import { ConfigurationError } from "./options.ts";

/** The key-value store. */
export const keyValueModule: MachineModule = {
  url: import.meta.resolve("@synod/machines"),
  factory: "newKeyValueMachine",
};

/** The name of the machine, and so a check that the module makes one. */
export const loadMachineName = Effect.fnUntraced(function* ({
  url,
  factory,
}: MachineModule): Effect.fn.Return<string, ConfigurationError> {
  const module: Readonly<Record<string, unknown>> = yield* Effect.tryPromise({
    try: () => import(url),
    catch: (cause) =>
      new ConfigurationError({ message: `machine: ${url} cannot be imported: ${String(cause)}`, cause }),
  });
  const make = module[factory];
  const machine: unknown = yield* Effect.try({
    try: () => (typeof make === "function" ? make() : undefined),
    catch: (cause) =>
      new ConfigurationError({ message: `machine: ${factory} of ${url} threw: ${String(cause)}`, cause }),
  });
  if (typeof machine === "object" && machine !== null && "name" in machine && typeof machine.name === "string") {
    return machine.name;
  }
  return yield* new ConfigurationError({
    message: `machine: expected ${url} to export a function ${factory} that makes a state machine with a name`,
  });
});
