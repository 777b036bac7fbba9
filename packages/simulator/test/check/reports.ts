/**
 * Takes what a checker under test reports.
 */
import type { Report } from "../../src/world/violation.ts";

export interface Reported {
  readonly checker: string;
  readonly message: string;
}

export function newReports(): { readonly reports: Reported[]; readonly report: Report } {
  const reports: Reported[] = [];
  return { reports, report: (checker, message) => void reports.push({ checker, message }) };
}

export function value(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
