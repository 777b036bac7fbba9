/**
 * Who is at the other end: a person at a terminal, with a prompt, or a program at a pipe, which gets replies and nothing
 * else. Notices go to stderr either way.
 */
import { createInterface } from "node:readline";
import { outputError } from "../output.ts";
import { readLines, type LineError } from "./lines.ts";

export interface Terminal {
  /** Whether a person is there. */
  readonly interactive: boolean;
  /** What is typed or piped in, to its end. Until it is called nothing is read. */
  lines(onInterrupt: () => void): AsyncIterable<string | LineError>;
  /** Asks for the next line. */
  prompt(): void;
  /** Writes a reply. A reader that is slow is waited for. Rejects with ProgramError or ReaderGone. */
  reply(text: string): Promise<void>;
  /** Shows what happens unasked. */
  notice(text: string): void;
  close(): void;
}

export function openTerminal(): Terminal {
  // Without a listener an output that has lost its reader would end the process where it stands. Replies hear of it by
  // their callback; for a notice there is nobody left to tell.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  return process.stdin.isTTY && process.stdout.isTTY ? openPrompt() : openPipe();
}

function openPrompt(): Terminal {
  let input: ReturnType<typeof createInterface> | undefined;
  let asking = false;
  return {
    interactive: true,
    lines(onInterrupt) {
      input = createInterface({ input: process.stdin, output: process.stdout, prompt: "synod> " });
      input.on("SIGINT", onInterrupt);
      input.on("line", () => {
        asking = false;
      });
      return input;
    },
    prompt() {
      asking = true;
      input?.prompt();
    },
    reply: write,
    notice(text) {
      if (asking) process.stdout.write("\r\x1b[K");
      process.stderr.write(`${text}\n`);
      if (asking) input?.prompt(true);
    },
    close() {
      input?.close();
      if (asking) process.stdout.write("\n");
      asking = false;
    },
  };
}

function openPipe(): Terminal {
  return {
    interactive: false,
    lines: () => readLines(process.stdin),
    prompt: () => undefined,
    reply: write,
    notice: (text) => void process.stderr.write(`${text}\n`),
    close: () => void process.stdin.destroy(),
  };
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (failure) => {
      if (failure instanceof Error) reject(outputError(failure));
      else resolve();
    });
  });
}
