/**
 * What a run did, for people to read: its faults as a table, and its messages as plain data.
 */
import { showAddress, type Address } from "@synod/protocol";
import { crc32c } from "@synod/wire";
import { showFields, type Shown } from "./show.ts";
import type { TracedMessage } from "./trace.ts";
import { microsecondsPerSecond } from "./world/clock.ts";
import type { Fault } from "./world/faults/fault.ts";
import type { RunOptions } from "./world/run.ts";

/** Rows of a message that are shown one by one. */
const mostRows = 3;

/** Options with which a run shows each message to `take` as it leaves a role or a client; times in microseconds. */
export function watchMessages(take: (message: TracedMessage) => void): Required<Pick<RunOptions, "sent">> {
  return {
    sent: (at, from, to, message) => take(traced(at, from, to, message)),
  };
}

function traced(at: number, from: Address, to: Address, message: { readonly kind: string }): TracedMessage {
  const fields = Object.entries(showFields(message, showDigest)).map(([name, field]) => [name, shorten(field)]);
  return {
    ...Object.fromEntries(fields),
    at,
    from: showAddress(from),
    to: showAddress(to),
    kind: message.kind,
  };
}

/** Values are long, and only which is which matters: their length and a digest tell. */
function showDigest(name: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return name === "value" ? "no-op" : "";
  return `${crc32c(bytes).toString(16).padStart(8, "0")}/${bytes.length}`;
}

function shorten(field: Shown): Shown {
  if (!isRows(field) || field.length <= mostRows) return field;
  return [...field.slice(0, mostRows), `and ${field.length - mostRows} more`];
}

function isRows(field: Shown): field is readonly Shown[] {
  return Array.isArray(field);
}

/** A line for each fault: its index, when it begins and how long it lasts in seconds, its name and nodes. */
export function showFaults(faults: readonly Fault[]): string {
  const rows = faults.map((fault) => [
    String(fault.index),
    showSeconds(fault.at),
    showLength(fault),
    fault.name,
    fault.nodes.length === 0 ? "all" : fault.nodes.join(" "),
    fault.amount === 0 ? "" : String(Math.round(fault.amount * 1000) / 1000),
  ]);
  const table = [["fault", "begins", "lasts", "name", "nodes", "amount"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  const isNumber = (column: number): boolean => column < 3;
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function showLength({ microseconds, lasting }: Fault): string {
  if (lasting === true) return "stays";
  return microseconds === 0 ? "-" : showSeconds(microseconds);
}

/** Microseconds as seconds: `0.040125 s`. */
export function showSeconds(microseconds: number): string {
  return `${(microseconds / microsecondsPerSecond).toFixed(6)} s`;
}
