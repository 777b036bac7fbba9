/**
 * The scenarios of primary-backup: a view server, a primary and its backup, and two clients, of which one still takes
 * the old primary for the primary when there is a new one.
 */
import { addressOf, commit, showAddress, type Address } from "@synod/protocol";
import { showBytes } from "../show.ts";
import { Stage } from "../stage.ts";
import type { Outcome, Scenario, Trace } from "../trace.ts";
import { client } from "./addresses.ts";

const { asEntry, configurationOf, layout, Server, ViewServer, viewServerNode } = commit.primaryBackup;

const timing = { pingTicks: 10, deadTicks: 25, retryTicks: 12, aloneTicks: 20 };
const configuration = configurationOf(3, { timing });
const viewServer = addressOf("view-server", viewServerNode);
/** The primary, as the first server that the view server hears of. */
const first = addressOf("server", 2);
const second = addressOf("server", 3);

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const key = bytesOf("x");

class ViewPlay {
  readonly stage = new Stage<commit.primaryBackup.Message, commit.primaryBackup.Entry, never>({
    layout,
    asEntry,
    slotOf: commit.slotOf,
    showBytes: (_name, bytes) => showBytes(bytes),
  });

  /** Long enough for a primary with a backup. */
  constructor() {
    this.stage.add(viewServer, { create: () => new ViewServer(configuration) });
    for (const node of [2, 3]) {
      this.stage.add(addressOf("server", node), { create: () => new Server(configuration, node) });
    }
    this.stage.run(39);
    this.stage.raiseCurtain();
  }

  put(number: number, server: Address, sequence: number, text: string): void {
    this.stage.post(client(number), server, { kind: "Put", sequence, key, value: bytesOf(text), removed: false });
  }

  get(number: number, server: Address, sequence: number): void {
    this.stage.post(client(number), server, { kind: "Get", sequence, key });
  }

  outcome(summary: string): Outcome {
    const answered: Record<string, string[]> = {};
    for (const { to, message } of this.stage.received) {
      const told = (answered[showAddress(to)] ??= []);
      if (message.kind === "PutReply") told.push("written");
      if (message.kind === "GetReply") told.push(message.found ? showBytes(message.value) : "nothing");
    }
    return { summary, chosen: [], learned: {}, answered };
  }
}

function scenario(name: string, title: string, play: (play: ViewPlay) => string): Scenario {
  const protocol = "primary-backup";
  const run = (): Trace => {
    const cast = new ViewPlay();
    const summary = play(cast);
    const { messages, notes } = cast.stage;
    return { protocol, scenario: name, messages, notes, outcome: cast.outcome(summary) };
  };
  return { protocol, name, title, run };
}

export const primaryBackupScenarios: readonly Scenario[] = [
  scenario("no-failure", "A write and a read at the primary, and nothing goes wrong", (play) => {
    play.put(1, first, 1, "V");
    play.stage.at(5, () => play.get(1, first, 2));
    play.stage.run(8);
    return "Four delays for a write, which the backup has too before it is answered, and two for a read.";
  }),
  scenario("primary-dies", "The primary dies, and the backup takes its place", (play) => {
    const { stage } = play;
    play.put(1, first, 1, "V");
    stage.at(6, () => stage.crash(first));
    stage.at(45, () => play.get(1, second, 2));
    stage.run(48);
    return "The view server hears nothing of the primary for a while, and names the backup, which has all that was answered.";
  }),
  scenario("partition", "The primary's node is cut off from the others, and clients reach both sides", (play) => {
    const { stage } = play;
    play.put(1, first, 1, "V");
    stage.at(6, () => {
      stage.cut(2, 1);
      stage.cut(2, 3);
    });
    stage.at(45, () => play.put(2, second, 1, "W"));
    stage.at(50, () => play.get(1, first, 2));
    stage.at(52, () => play.put(1, first, 3, "U"));
    stage.at(80, () => play.get(2, second, 2));
    stage.run(83);
    return "Two primaries: W is written, and the old primary still answers V; then it writes U alone, and the new one has W.";
  }),
  scenario("view-server-dies", "The view server dies, and then the primary", (play) => {
    const { stage } = play;
    stage.crash(viewServer);
    play.put(1, first, 1, "V");
    stage.at(6, () => stage.crash(first));
    stage.at(45, () => play.get(1, second, 2));
    stage.run(48);
    return "Without the view server the primary goes on, but nobody can take its place: the backup has V, and may not answer.";
  }),
];
