/**
 * A command line as words: separated by blanks, with 'single' and "double" quotes, and \ before any character outside
 * single quotes.
 */

/** A line that is not made of whole words. */
export class WordsError extends Error {
  override readonly name = "WordsError";
}

const word = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)/gy;
const piece = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^'"\\]+)/gs;

export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let end = 0;
  for (const match of line.matchAll(word)) {
    end = match.index + match[0].length;
    words.push(unquoted(match[1] ?? ""));
  }
  if (line.slice(end).trim() !== "") {
    throw new WordsError(`a quote at column ${end + 1} is not closed`);
  }
  return words;
}

function unquoted(text: string): string {
  return text.replace(
    piece,
    (_match, single?: string, double?: string, escaped?: string, plain?: string) =>
      single ?? double?.replace(/\\(.)/gs, "$1") ?? escaped ?? plain ?? "",
  );
}
