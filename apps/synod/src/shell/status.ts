/**
 * The state of a cluster as a table for people.
 */
import type { ClusterStatus, RoleState } from "@synod/cluster";
import type { RoleStatus } from "@synod/protocol";

const headings = ["node", "role", "thread", "state", "ballot", "slots", "log", "syncs", "busy"] as const;

export function showStatus({ leader, roles }: ClusterStatus): string {
  const rows = [headings, ...roles.map((role) => rowOf(role))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return [...lines.map((line) => line.trimEnd()), leader === 0 ? "no leader" : `leader: node ${leader}`].join("\n");
}

function rowOf({ node, role, report }: RoleState): readonly string[] {
  if (report === undefined) return [String(node), role, "-", "down"];
  const { status, thread } = report;
  const busy = `${Math.round(Number(status["utilization"] ?? 0) * 100)} %`;
  return [
    String(node),
    role,
    String(thread),
    String(status["state"] ?? "up"),
    String(status["ballot"] || "-"),
    slotsOf(status),
    showBytes(Number(status["logBytes"] ?? 0)),
    String(status["syncs"] ?? 0),
    busy,
  ];
}

function slotsOf(status: RoleStatus): string {
  if ("commitPoint" in status) return `chosen through ${status["commitPoint"]}`;
  if ("chosenThrough" in status) return `accepted through ${status["highestSlot"]}`;
  if ("delivered" in status) return `delivered through ${status["delivered"]}`;
  return workOf(status) ?? "-";
}

/** What a role of a protocol without slots has to do: of transactions those that are not over, and the locks they hold. */
function workOf(status: RoleStatus): string | undefined {
  if ("inDoubt" in status) return `${status["locks"]} locks, ${status["inDoubt"]} in doubt`;
  if ("undecided" in status) return `${status["undecided"]} undecided`;
  if ("primary" in status) return `view ${status["view"]}: primary ${status["primary"]}, backup ${status["backup"]}`;
  if ("is" in status) return `${status["is"]} of view ${status["view"]}, ${status["underWay"]} under way`;
  if ("underWay" in status) return `${status["underWay"]} under way`;
  return undefined;
}

/** 1536 as `1.5 KiB`. */
export function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
