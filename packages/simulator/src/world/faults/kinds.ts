/**
 * All kinds of faults there are, and what names them.
 */
import { diskFaults } from "./disk.ts";
import type { FaultKind } from "./fault.ts";
import { lieFaults } from "./lies.ts";
import { memberFaults } from "./members.ts";
import { networkFaults } from "./network.ts";
import { peopleFaults } from "./people.ts";
import { processFaults } from "./process.ts";

export const faultKinds: readonly FaultKind[] = [
  ...networkFaults,
  ...diskFaults,
  ...processFaults,
  ...peopleFaults,
  ...lieFaults,
  ...memberFaults,
];

const usualKinds = faultKinds.filter(({ onlyByName, needsLiars }) => onlyByName !== true && needsLiars !== true);

/** What is injected unless it is told: all that the protocols must bear. */
export const usualFaults: readonly string[] = usualKinds.map(({ name }) => name);

/** Names of many kinds at once; a group has only its usual ones, unless it has none. */
export const faultGroups = ["all", "none", "network", "disk", "process", "people", "liars", "members"] as const;

/**
 * The kinds that names and group names stand for, each once.
 *
 * @throws RangeError for a name that there is not
 */
export function resolveFaults(names: readonly string[]): readonly FaultKind[] {
  const asked = new Set(names.flatMap(kindsOf));
  return faultKinds.filter((kind) => asked.has(kind));
}

/** The kinds that names stand for in a run: where there are liars, lies are usual. */
export function faultsOfRun(names: readonly string[], hasLiars: boolean): readonly FaultKind[] {
  const withLies = hasLiars && names.includes("all") ? [...names, "liars"] : names;
  return resolveFaults(withLies).filter(({ needsLiars }) => hasLiars || needsLiars !== true);
}

function kindsOf(name: string): readonly FaultKind[] {
  if (name === "none") return [];
  if (name === "all") return usualKinds;
  const found = faultKinds.find((kind) => kind.name === name);
  if (found !== undefined) return [found];
  if (name === "liars") return lieFaults;
  if (name === "members") return memberFaults;
  const group = usualKinds.filter((kind) => kind.group === name);
  if (group.length > 0) return group;
  const known = [...faultGroups, ...faultKinds.map((kind) => kind.name)].join(", ");
  throw new RangeError(`faults: expected any of ${known}, got ${JSON.stringify(name)}`);
}
