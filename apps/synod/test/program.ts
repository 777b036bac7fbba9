/**
 * The real program in a process of its own, as a pipe talks to it.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #stdout = "";
  #stderr = "";
  /** How much of stdout `line` has given. */
  #read = 0;
  #running = true;
  #heard: () => void = () => undefined;

  /** Starts it; it is gone when the test is. */
  constructor(...words: readonly string[]) {
    const child = spawn(process.execPath, ["--conditions=@synod/source", main, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
      // Most of a start is compiling, of which each process and thread would do its own.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
    });
    this.#child = child;
    // A process that is killed leaves its input with no reader.
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#heard();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#heard();
    });
    this.ended = once(child, "close").then(([code, signal]: unknown[]) => {
      this.#running = false;
      this.#heard();
      return { code: codeOf(code, signal), stdout: this.#stdout, stderr: this.#stderr };
    });
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.ended;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(text: string | Uint8Array): void {
    this.#child.stdin.write(text);
  }

  /** Ends its input. */
  end(text = ""): Promise<Ended> {
    this.#child.stdin.end(text);
    return this.ended;
  }

  /** Sends a command and waits for the line that answers it. */
  ask(command: string): Promise<string> {
    this.send(`${command}\n`);
    return this.line();
  }

  async line(): Promise<string> {
    await this.#until(() => this.#stdout.includes("\n", this.#read));
    const end = this.#stdout.indexOf("\n", this.#read);
    const line = this.#stdout.slice(this.#read, end);
    this.#read = end + 1;
    return line;
  }

  /** The lines that `line` has not given. */
  rest(): readonly string[] {
    return linesOf(this.#stdout.slice(this.#read));
  }

  /** Waits until there are so many of them. */
  async answered(count: number): Promise<void> {
    await this.#until(() => this.rest().length >= count);
  }

  /** Waits for a notice on stderr. */
  async noticed(pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.#stderr));
  }

  signal(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Reads stdout no further, as `head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (!this.#running) throw new Error(`it has ended\nstdout: ${this.#stdout}\nstderr: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

/** Runs it with this input to its end. */
export function run(words: readonly string[], input = ""): Promise<Ended> {
  return new Program(...words).end(input);
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "synod-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The whole lines of a text. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}

function codeOf(code: unknown, signal: unknown): number | NodeJS.Signals {
  if (typeof code === "number") return code;
  if (signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT") return signal;
  throw new Error(`ended by ${String(code)} ${String(signal)}`);
}
