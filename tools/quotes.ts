/**
 * What pages quote: a fence says after its language where its text is from, and a test holds the one to the other.
 *
 * ```text trace basic no-failure      as `synod trace basic no-failure` draws it
 * ```ts file packages/wire/src/crc.ts   lines of that file
 *
 * A line `...` (in code `// ...`) stands for lines that are left out.
 */

export interface Quote {
  /** The line of the page that the fence begins with, from 1. */
  readonly line: number;
  /** What follows the language: `trace basic no-failure`; empty when it is no quote. */
  readonly source: string;
  /** The lines in the fence. */
  readonly text: string;
}

const leftOut = /^[ \t]*(?:\/\/ )?\.\.\.\n/m;

export const leavesOut = (text: string): boolean => leftOut.test(text);

/** Every fence of a page, in order; of one within another, the outer. */
export const fences = (markdown: string): readonly Quote[] =>
  [...markdown.matchAll(/^(`{3,})[a-z]*(.*)\n([^]*?)^\1$/gm)].map(({ index, 2: source = "", 3: text = "" }) => ({
    line: markdown.slice(0, index).split("\n").length,
    source: source.trim(),
    text,
  }));

/** Whether the lines of a quote are those of its source, but for the ones it says it leaves out. */
export const isQuoteOf = (text: string, source: string): boolean => {
  const [first = "", ...rest] = text.split(leftOut);
  const last = rest.pop();
  if (last === undefined) return text === source;
  if (!source.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    at = lineIndexOf(source, piece, at);
    if (at < 0) return false;
    at += piece.length;
  }
  return last === "" || lineIndexOf(source, last, Math.max(at, source.length - last.length)) >= 0;
};

/** Whether the lines of a quote are somewhere in its source. */
export const isPartOf = (text: string, source: string): boolean => isQuoteOf(`...\n${text}...\n`, source);

const lineIndexOf = (source: string, piece: string, from: number): number => {
  for (let at = source.indexOf(piece, from); at >= 0; at = source.indexOf(piece, at + 1))
    if (at === 0 || source[at - 1] === "\n") return at;
  return -1;
};
