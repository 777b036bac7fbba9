/**
 * Writes docs/benchmarks.md from real runs of `synod bench`: `npm run benchmarks`, some five minutes on a machine that
 * has nothing else to do.
 */
import { protocols } from "@synod/actors";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem, type } from "node:os";
import { join } from "node:path";
import type { BenchReport } from "../apps/synod/src/bench/bench.ts";
import type { SoakReport } from "../apps/synod/src/bench/soak.ts";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "benchmarks.md");
/** Runs of every protocol: one client, which shows what a command costs by itself, and many. */
const familyRuns = [
  ["--clients", "1"],
  ["--clients", "1", "--volatile"],
  ["--clients", "512"],
  ["--clients", "512", "--volatile"],
];
/** Of a protocol whose every message of the common case is signed; cluster by cluster, in both places. */
const signingRuns = [
  ["--clients", "1"],
  ["--clients", "512"],
  ["--clients", "4096"],
].flatMap((load) =>
  [[], ["--volatile"]].flatMap((kept) =>
    ["inline", "pool"].map((place) => ["--protocol", "byzantine", "--signatures", place, ...load, ...kept]),
  ),
);
const start = "<!-- figures: written by tools/benchmarks.ts -->";
const end = "<!-- end of figures -->";

const clients = [4096, 512, 64, 1];
const runs = clients.flatMap((count) =>
  ["role", "node"].flatMap((placement) =>
    [["--volatile"], []].map((kept) => ["--clients", String(count), "--placement", placement, ...kept]),
  ),
);

function synod(words: readonly string[]): string {
  process.stderr.write(`synod bench ${words.join(" ")}\n`);
  return execFileSync(process.execPath, [join(root, "apps/synod/bin/synod.js"), "bench", "--json", ...words], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const heading = [
  "| clients | placement | kept | commands/s | **per core-second** | floor | **ratio** | p50 ms | p99 ms | floor p50 | batch | syncs/s |",
  "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

function row(report: BenchReport): string {
  const cells = [
    report.clients,
    report.placement,
    report.durable ? "durable" : "volatile",
    grouped(report.opsPerSecond),
    grouped(report.opsPerCoreSecond),
    grouped(report.floor.opsPerCoreSecond),
    report.ratioToFloor,
    report.p50Ms,
    report.p99Ms,
    report.floor.p50Ms,
    report.meanBatch,
    grouped(report.syncsPerSecond),
  ];
  return `| ${cells.join(" | ")} |`;
}

const familyHeading = [
  "| protocol | nodes | clients | kept | message delays | messages per command | p50 ms | p99 ms | commands/s | **per core-second** | floor | **ratio** | batch |",
  "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

function familyRow(report: BenchReport): string {
  const cells = [
    report.protocol,
    report.nodes,
    report.clients,
    report.durable ? "durable" : "volatile",
    report.messageDelays,
    report.messagesPerCommand,
    report.p50Ms,
    report.p99Ms,
    grouped(report.opsPerSecond),
    grouped(report.opsPerCoreSecond),
    grouped(report.floor.opsPerCoreSecond),
    report.ratioToFloor,
    report.meanBatch === 0 ? "" : report.meanBatch,
  ];
  return `| ${cells.join(" | ")} |`;
}

const signingHeading = [
  "| clients | kept | signatures | p50 ms | p99 ms | commands/s | **per core-second** | floor | **ratio** | batch |",
  "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

function signingRow(report: BenchReport): string {
  const cells = [
    report.clients,
    report.durable ? "durable" : "volatile",
    report.signatures === "pool" ? "on the pool" : "inline",
    report.p50Ms,
    report.p99Ms,
    grouped(report.opsPerSecond),
    grouped(report.opsPerCoreSecond),
    grouped(report.floor.opsPerCoreSecond),
    report.ratioToFloor,
    report.meanBatch,
  ];
  return `| ${cells.join(" | ")} |`;
}

function soakTable({ tenths, lastToFirst, restartMs }: SoakReport): readonly string[] {
  return [
    "| commands | commands/s | memory MiB | disk MiB |",
    "| ---: | ---: | ---: | ---: |",
    ...tenths.map(
      (sample) =>
        `| ${grouped(sample.commands)} | ${grouped(sample.opsPerSecond)} | ${mebibytes(sample.memoryBytes)} | ${mebibytes(sample.diskBytes)} |`,
    ),
    "",
    `The last tenth ran at ${lastToFirst} of the first's rate. A restart of the folder answered its first command after ${restartMs} ms.`,
  ];
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

const reports = runs.map((words): BenchReport => JSON.parse(synod(["--seconds", "8", ...words])));
const family = protocols.flatMap(({ name }) =>
  familyRuns.map((words): BenchReport => JSON.parse(synod(["--protocol", name, "--seconds", "3", ...words]))),
);
const signing = signingRuns.map((words): BenchReport => JSON.parse(synod(["--seconds", "4", ...words])));
const soak: SoakReport = JSON.parse(synod(["--commands", "10000000"]));
const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}, Node ${process.versions.node}`;
const figures = [
  start,
  "",
  `Machine: ${machine}. Date: ${new Date().toISOString().slice(0, 10)}.`,
  "",
  ...heading,
  ...reports.map(row),
  "",
  "## The family",
  "",
  "Each protocol with as many nodes as one failure takes, a thread per role. With one client every command travels alone:",
  "its messages are what the protocol costs. The floor is the leader's route with as many nodes, whatever the protocol.",
  "",
  ...familyHeading,
  ...family.map(familyRow),
  "",
  "## Signatures",
  "",
  "Byzantine Paxos, four nodes, a thread per role: signed and verified in the thread of the role, or on the pool of",
  "threads that all nodes share, as many as there are processors but one. Either way in batches: what a turn sends is",
  "signed together, and what arrives while a batch is verified is the next batch.",
  "",
  ...signingHeading,
  ...signing.map(signingRow),
  "",
  "## Ten million commands",
  "",
  ...soakTable(soak),
  "",
  end,
];
const text = readFileSync(page, "utf8");
const [before, rest = ""] = text.split(start);
const after = rest.split(end)[1] ?? "\n";
writeFileSync(page, `${before ?? ""}${figures.join("\n")}${after}`);
