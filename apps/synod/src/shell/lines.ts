/**
 * The lines of a pipe or file. Unlike a terminal's they are taken as bytes: a line that is not UTF-8 is refused as it
 * is, a line has a limit, and nothing but a newline ends one.
 */

/** A line that cannot be a command; the next one may be. */
export class LineError extends Error {
  override readonly name = "LineError";
}

/** The longest line, in bytes: room for the largest command, a cas with every character escaped. */
export const maxLineBytes = 4 * 1024 * 1024;

const newline = 0x0a;

/** Reads no more than it is asked for. A last line without a newline counts. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | LineError, undefined> {
  const line = new Line();
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      line.add(chunk.subarray(from, end));
      yield line.take();
      from = end + 1;
    }
    line.add(chunk.subarray(from));
  }
  if (line.sizeBytes > 0) yield line.take();
  return undefined;
}

/** The line that is being read. */
class Line {
  #number = 1;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes > maxLineBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  take(): string | LineError {
    const [number, pieces, sizeBytes] = [this.#number, this.#pieces, this.#sizeBytes];
    this.#number += 1;
    this.#pieces = [];
    this.#sizeBytes = 0;
    if (sizeBytes > maxLineBytes) {
      return new LineError(`line ${number} has ${sizeBytes} bytes: at most ${maxLineBytes} are read`);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
    } catch (cause) {
      if (cause instanceof TypeError) return new LineError(`line ${number} is not UTF-8`, { cause });
      throw cause;
    }
  }
}
