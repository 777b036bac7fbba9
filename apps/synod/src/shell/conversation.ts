/**
 * Takes commands until there are no more, and answers each before it takes the next.
 */
import type { Cluster } from "@synod/cluster";
import { Effect } from "effect";
import { ProgramError, ReaderGone, showError } from "../failure.ts";
import { LineError } from "./lines.ts";
import { runLine, type Shell } from "./shell.ts";
import type { Terminal } from "./terminal.ts";

/** An interruption ends it at once: what is under way is not answered, and may or may not have taken effect. */
export function converse(cluster: Cluster, terminal: Terminal): Effect.Effect<void, ProgramError | ReaderGone> {
  return Effect.callback((resume, stop) => {
    takeCommands(cluster, terminal, stop).then(
      () => resume(Effect.void),
      (failure: unknown) => {
        const known = failure instanceof ProgramError || failure instanceof ReaderGone;
        resume(known ? Effect.fail(failure) : Effect.die(failure));
      },
    );
  });
}

async function takeCommands(cluster: Cluster, terminal: Terminal, stop: AbortSignal): Promise<void> {
  const client = cluster.client();
  let quitting = false;
  const shell: Shell = { cluster, client, quit: () => void (quitting = true) };
  const interrupted = new AbortController();
  const lines = terminal.lines(() => {
    interrupted.abort();
    client.close();
    terminal.close();
  });
  const stopped = AbortSignal.any([stop, interrupted.signal]);
  terminal.prompt();
  for await (const line of lines) {
    const reply = line instanceof LineError ? showError(line.message) : await runLine(shell, line);
    if (stopped.aborted) return;
    if (reply !== undefined) await terminal.reply(reply);
    if (quitting) break;
    terminal.prompt();
  }
  client.close();
}
