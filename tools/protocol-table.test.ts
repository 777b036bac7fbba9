import { costOf, scenarios, type Trace } from "@synod/simulator";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./workspace.ts";

const folder = join(root, "docs", "protocols");
const page = join(folder, "README.md");
const update = process.env["SYNOD_DRAWINGS"] === "update";

/** What is sent again and again, whatever clients ask. */
const background = ["Heartbeat", "HeartbeatAck", "Ping", "View", "Probe", "ProbeReply"];

interface Figures {
  /** From the request of the first client to its first answer. */
  readonly delays: number;
  /** Sent from that request on, until it is answered. */
  readonly messages: number;
}

function figuresOf({ messages }: Trace): Figures {
  const [[client, [delays]] = ["nobody", []]] = Object.entries(costOf(messages).answeredAfter);
  const asked = messages.find(({ from }) => from === client)?.at;
  if (delays === undefined || asked === undefined) throw new Error("nobody is answered");
  const counted = messages.filter(({ at, kind }) => at >= asked && at < asked + delays && !background.includes(kind));
  return { delays, messages: counted.length };
}

/** One whose page is not written is not linked. */
const rowPattern = /^(\| \[?([a-z-]+).*) \| +(\d+) \| +(\d+) \| `([a-z-]+) ([a-z-]+)` +\|$/gm;

const rows = () =>
  [...readFileSync(page, "utf8").matchAll(rowPattern)].map(
    ([, , name = "", delays = "", messages = "", protocol = "", scenario = ""]) => {
      const found = scenarios.find((each) => each.protocol === protocol && each.name === scenario);
      if (found === undefined) throw new Error(`${name}: no scenario ${protocol} ${scenario}`);
      return { name, told: { delays: Number(delays), messages: Number(messages) }, counted: figuresOf(found.run()) };
    },
  );

if (update) {
  const counted = new Map(rows().map((row) => [row.name, row.counted]));
  const anew = readFileSync(page, "utf8").replace(
    rowPattern,
    (_row, start: string, name: string, _delays, _messages, protocol: string, scenario: string) => {
      const { delays = 0, messages = 0 } = counted.get(name) ?? {};
      return `${start} | ${delays} | ${messages} | \`${protocol} ${scenario}\` |`;
    },
  );
  writeFileSync(page, anew);
}

test("the table has the delays and messages of the scenarios", () => {
  const all = rows();
  expect(all.map(({ name, told }) => ({ name, ...told }))).toEqual(
    all.map(({ name, counted }) => ({ name, ...counted })),
  );
});

test("each protocol that has scenarios has a row, and each page is linked from it", () => {
  const names = new Set(scenarios.map(({ protocol }) => protocol));
  expect([...names].filter((name) => !rows().some((row) => row.name === name))).toEqual([]);
  const pages = globSync("*.md", { cwd: folder }).map((path) => basename(path, ".md"));
  const links = [...readFileSync(page, "utf8").matchAll(/^\| \[[a-z-]+\]\(([a-z-]+)\.md/gm)].map(([, name]) => name);
  expect(pages.filter((name) => name !== "README" && !links.includes(name))).toEqual([]);
});
