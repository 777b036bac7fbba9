/**
 * The examples of a README: every block fenced as ```ts, in order. One fenced as ```ts fragment shows a part, and is
 * left alone.
 */
export const readmeExamples = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^```ts[ \t]*\n(.*?)^```[ \t]*$/gms)].map((match) => match[1] ?? "");
