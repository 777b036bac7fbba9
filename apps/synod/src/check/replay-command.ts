/**
 * The command that gives a run again.
 */
import { usualProtocol } from "./flags.ts";
import type { CheckOptions } from "./target.ts";

export interface Replayed extends CheckOptions {
  readonly seed: number;
  /** Indexes of the faults that strike; all when it is not given. */
  readonly only: readonly number[] | undefined;
  readonly people: number | undefined;
}

export function replayCommand({ seed, target, nodes, liars, faults, only, people }: Replayed): string {
  const isUsual = target.kind === "protocol" && target.name === usualProtocol;
  const flags: readonly (readonly [name: string, value: string | number | undefined])[] = [
    [target.kind, isUsual ? undefined : target.name],
    ["nodes", nodes],
    ["liars", liars],
    ["faults", faults?.join(",")],
    ["only", only?.join(",") === "" ? "none" : only?.join(",")],
    ["people", people],
  ];
  const given = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ["npx synod replay", seed, ...given].join(" ");
}
