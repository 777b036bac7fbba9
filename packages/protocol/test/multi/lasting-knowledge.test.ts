/**
 * What cannot be taken back, and acceptors that restart behind it: never more than one member is down, every disk is whole,
 * and the others must go on.
 */
import { describe, expect, test } from "vitest";
import { cheap, limits, nodeOf } from "../../src/index.ts";
import { Acceptor, configurationOf, Proposer, type Configuration } from "../../src/multi/index.ts";
import { Script } from "./script.ts";
import { accept, heartbeat, proposer, sentKind, step, value } from "./stage.ts";

const random = (node: number) => () => 0.15 * node;
const request = (text: string) => ({ kind: "Request", sequence: 1, command: value(text) }) as const;
const leaders = (script: Script, nodes: readonly number[]): readonly number[] =>
  nodes.filter((node) => script.status("proposer", node)["state"] === "leading");

function multiScript(configuration: Configuration, nodes = configuration.nodes): Script {
  return new Script(configuration, (node) => new Proposer(configuration, node, random(node)), nodes);
}

/** All that is chosen is delivered on these nodes, and more can be. */
function goesOn(script: Script, nodes: readonly number[]): void {
  script.pass(500);
  const [leader] = leaders(script, nodes);
  if (leader === undefined) throw new Error(`nobody leads of ${nodes.join(", ")}`);
  script.tell("proposer", leader, request("more"));
  script.pass(50);
  const { commitPoint } = script.status("proposer", leader);
  for (const node of nodes) expect(script.status("learner", node)["delivered"]).toBe(commitPoint);
}

test("an acceptor that is asked by a Probe says what it will say after a restart", () => {
  const configuration = configurationOf(3);
  const role = new Acceptor(configuration, 2);
  const asks = { kind: "Probe", round: 1 } as const;
  const entries = [1, 2, 3].flatMap((slot) => step(role, proposer(1), accept(1, slot, "a")).persist);
  entries.push(...step(role, proposer(1), heartbeat(1, 3)).persist);
  const did = step(role, proposer(3), asks);
  expect(sentKind({ ...did, send: [] }, "ProbeReply")).toMatchObject([{ chosenThrough: 3 }]);
  const again = new Acceptor(configuration, 2);
  for (const entry of [...entries, ...did.persist]) again.restore(entry);
  expect(sentKind(step(again, proposer(3), asks), "ProbeReply")).toMatchObject([{ chosenThrough: 3 }]);
  // It is on the disk now: to ask again costs nothing.
  expect(step(role, proposer(3), asks).persist).toEqual([]);
});

test("a leader that alone knows that all its slots are chosen finishes them, though others are the members then", () => {
  const windowSlots = 3;
  const configuration = configurationOf(1, {
    identities: 9,
    alphaSlots: windowSlots,
    limits: { ...limits, windowSlots },
  });
  const script = multiScript(configuration);
  script.pass(60);
  script.start(2);
  script.pass(5);
  const before = Number(script.status("proposer", 1)["commitPoint"]);
  // Nobody hears that the change is chosen, and the new member, who would lead then, is not heard either.
  script.loses = ({ from, message }) =>
    ("commitPoint" in message && message.commitPoint > before) ||
    message.kind === "Prepare" ||
    (nodeOf(from) === 2 && script.status("proposer", 1)["commitPoint"] !== before);
  script.tell("proposer", 1, { kind: "Reconfigure", sequence: 1, add: 2, remove: 1 });
  script.pass(100);
  expect(script.status("proposer", 1)).toMatchObject({ state: "following", commitPoint: before + windowSlots });
  expect(script.status("acceptor", 1)["chosenThrough"]).toBe(before);
  script.loses = () => false;
  goesOn(script, [2]);
});

describe("two mains and an auxiliary", () => {
  const configuration = cheap.configurationOf(2, 1);
  const newScript = (): Script =>
    new Script(configuration, (node) => new cheap.Proposer(configuration, node, random(node)));

  test("the main that is left restarts after the auxiliary has forgotten", () => {
    const script = newScript();
    script.pass(60);
    script.tell("proposer", 1, request("a"));
    script.pass(20);
    script.kill(2);
    script.pass(150);
    expect(script.status("proposer", 1)["members"]).toBe("1,3");
    expect(script.status("acceptor", 3)).toMatchObject({ slotsHeld: 0 });
    script.restart(1);
    goesOn(script, [1]);
  });

  test("the leader dies when the auxiliary has forgotten, and the other main has restarted", () => {
    const script = newScript();
    script.pass(60);
    const [leader = 0] = leaders(script, [1, 2]);
    const other = 3 - leader;
    script.tell("proposer", leader, request("a"));
    script.pass(20);
    // What the other main says is lost for a moment; it hears all.
    script.loses = ({ from, to }) => nodeOf(from) === other && nodeOf(to) !== other;
    script.pass(11);
    for (const text of ["b", "c"]) script.tell("proposer", leader, request(text));
    script.pass(5);
    expect(script.status("acceptor", 3)).toMatchObject({ slotsHeld: 2 });
    script.loses = () => false;
    script.pass(60);
    expect(script.status("acceptor", 3)).toMatchObject({ slotsHeld: 0 });
    script.restart(other);
    script.kill(leader);
    goesOn(script, [other]);
  });
});

describe("a member that was removed", () => {
  test.each([2, 3])("goes, and of the %i there were all others restart", (count) => {
    const script = multiScript(configurationOf(count, { identities: 6 }));
    script.pass(60);
    script.tell("proposer", 1, { kind: "Reconfigure", sequence: 7, add: 0, remove: count });
    script.pass(300);
    expect(script.delivered("proposer", count)).toEqual([{ kind: "removed", from: 1 + limits.windowSlots }]);
    script.kill(count);
    const rest = Array.from({ length: count - 1 }, (_, index) => index + 1);
    for (const node of rest) script.restart(node);
    goesOn(script, rest);
  });

  test("goes while the one that came for it is behind; one of the others restarts, and the leader dies", () => {
    const few = { ...limits, windowSlots: 4 };
    const configuration = configurationOf(3, { identities: 6, limits: few, alphaSlots: 4 });
    const script = multiScript(configuration, [1, 2, 3, 4]);
    script.pass(60);
    script.tell("proposer", 1, request("a"));
    script.pass(20);
    // The joiner answers once that it is near, then nothing comes to it for a while.
    let answers = 0;
    script.loses = ({ from, to, message }) => {
      if (nodeOf(from) === 4 && nodeOf(to) !== 4 && message.kind === "HeartbeatAck") answers += 1;
      return nodeOf(to) === 4 && nodeOf(from) !== 4 && answers > 0;
    };
    script.tell("proposer", 1, { kind: "Reconfigure", sequence: 7, add: 4, remove: 3 });
    script.pass(200);
    expect(script.delivered("proposer", 3)).toEqual([{ kind: "removed", from: 6 }]);
    expect(script.status("acceptor", 4)["chosenThrough"]).toBeLessThan(5);
    expect(script.answers).toContainEqual({ kind: "Reconfigured", sequence: 7, number: 1, from: 6 });
    script.kill(3);
    script.restart(2);
    script.kill(1);
    script.loses = () => false;
    goesOn(script, [2, 4]);
  });
});
