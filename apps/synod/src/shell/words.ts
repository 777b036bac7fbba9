/**
 * A command line as words: separated by spaces and tabs, with 'single' and "double" quotes, and \ before any character outside
 * single quotes.
 */

/** A line that is not made of whole words. */
export class WordsError extends Error {
  override readonly name = "WordsError";
}

/** What ends a run of plain characters: outside quotes, and between double ones. */
const outside = /[ \t\r'"\\]/g;
const betweenDouble = /["\\]/g;

/** @throws WordsError at a quote that is not closed, or a \ with nothing behind it */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const end = find(outside, line, at);
    if (end > at) {
      word = (word ?? "") + line.slice(at, end);
      at = end;
      continue;
    }
    const character = line[at];
    if (character === "'" || character === '"') {
      const quoted = character === "'" ? readSingle(line, at) : readDouble(line, at);
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (character === "\\") {
      const escaped = characterAfter(line, at);
      word = (word ?? "") + escaped;
      at += 1 + escaped.length;
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Quoted {
  readonly text: string;
  /** Where the line goes on. */
  readonly end: number;
}

function readSingle(line: string, at: number): Quoted {
  const close = line.indexOf("'", at + 1);
  if (close < 0) throw notClosed(at);
  return { text: line.slice(at + 1, close), end: close + 1 };
}

function readDouble(line: string, open: number): Quoted {
  let text = "";
  let at = open + 1;
  for (;;) {
    const end = find(betweenDouble, line, at);
    text += line.slice(at, end);
    if (end === line.length) throw notClosed(open);
    if (line[end] === '"') return { text, end: end + 1 };
    const escaped = characterAfter(line, end);
    text += escaped;
    at = end + 1 + escaped.length;
  }
}

/** A whole character, which may be two units of UTF-16. */
function characterAfter(line: string, backslash: number): string {
  const code = line.codePointAt(backslash + 1);
  if (code === undefined) throw new WordsError(`nothing follows the \\ at column ${backslash + 1}`);
  return String.fromCodePoint(code);
}

function find(pattern: RegExp, line: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(line)?.index ?? line.length;
}

function notClosed(at: number): WordsError {
  return new WordsError(`the quote at column ${at + 1} is not closed`);
}
