/**
 * Takes commands until there are no more, and answers each before it takes the next.
 */
import type { Cluster } from "@synod/cluster";
import { Effect } from "effect";
import { ProgramError, ReaderGone, showError } from "../failure.ts";
import { LineError } from "./lines.ts";
import { openDesk } from "./services.ts";
import { runLine } from "./shell.ts";
import { showStatus } from "./status.ts";
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
  let quitting = false;
  const desk = openDesk(cluster, () => void (quitting = true));
  const interrupted = new AbortController();
  const lines = terminal.lines(() => {
    interrupted.abort();
    desk.close();
    terminal.close();
  });
  const stopped = AbortSignal.any([stop, interrupted.signal]);
  if (terminal.interactive) {
    const status = await cluster.status();
    const hint = `${desk.hint(Math.max(1, status.leader))}\nhelp lists all commands, quit stops the cluster.`;
    await terminal.reply(`\n${showStatus(status)}\n\n${hint}`);
  }
  terminal.prompt();
  for await (const line of lines) {
    const reply = line instanceof LineError ? showError(line.message) : await runLine(desk.commands, line);
    if (stopped.aborted) return;
    if (reply !== undefined) await terminal.reply(reply);
    if (quitting) break;
    terminal.prompt();
  }
  desk.close();
}
