/**
 * Runs the `synod` program, and decides how it ends.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node";
import { Effect, Layer, Runtime } from "effect";
import { Command } from "effect/cli";
import { manners } from "./command-line.ts";
import { synod } from "./commands.ts";
import { version } from "./version.ts";

let terminated = false;
process.once("SIGTERM", () => {
  terminated = true;
});

/** 130 after SIGINT and 143 after SIGTERM, as a shell counts; both end the cluster in good order first. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Runtime.defaultTeardown(exit, (code) => onExit(code === 130 && terminated ? 143 : code));

synod.pipe(
  Command.run({ version }),
  Effect.provide(Layer.merge(NodeServices.layer, manners)),
  NodeRuntime.runMain({ teardown }),
);
