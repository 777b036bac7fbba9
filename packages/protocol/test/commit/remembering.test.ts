/**
 * Outcomes are bounded, and nobody stays in doubt for it: one that was away while more transactions ended than anybody
 * remembers learns what became of its own; and what is too old to be known ends, too.
 */
import { describe, expect, test } from "vitest";
import { addressOf, type NodeRole } from "../../src/address.ts";
import { ownerOf, type Share } from "../../src/commit/index.ts";
import { client, newWorld, third, timing, type World } from "./world.ts";

const most = 8;
const protocols = ["commit", "two-phase", "three-phase"] as const;

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A key of a node, another one for each number. */
function keyOf(node: number, number: number): Uint8Array {
  for (let salt = 0; ; salt++) {
    const key = bytes(`${number}-${salt}`);
    if (ownerOf(key, 3) === node) return key;
  }
}

class Play {
  readonly world: World;
  readonly coordinator: NodeRole;
  #sequence = 0;

  constructor(protocol: (typeof protocols)[number]) {
    this.world = newWorld(protocol, most);
    this.coordinator = protocol === "commit" ? "proposer" : "coordinator";
  }

  /** Begins one, with a write at each of these nodes. */
  open(nodes: readonly number[]): number {
    this.#sequence += 1;
    const sequence = this.#sequence;
    this.world.post(client, addressOf(this.coordinator, 1), { kind: "Begin", sequence });
    const transaction = this.world.told.at(-1)?.transaction ?? 0;
    for (const node of nodes) {
      const key = keyOf(node, sequence);
      const to = addressOf("participant", node);
      this.world.post(client, to, { kind: "Put", transaction, sequence: 1, key, value: bytes("v") });
    }
    return transaction;
  }

  commit(transaction: number, nodes: readonly number[], coordinator = 1): void {
    const participants: readonly Share[] = nodes.map((node) => ({ node, writes: 1 }));
    this.world.post(client, addressOf(this.coordinator, coordinator), { kind: "Commit", transaction, participants });
  }

  /** So many transactions of nodes 1 and 2. */
  others(count: number): void {
    for (let number = 0; number < count; number++) {
      this.commit(this.open([1, 2]), [1, 2]);
      this.world.ticks(1);
    }
  }

  /** What the client was told of a transaction. */
  toldOf(transaction: number): readonly (string | boolean)[] {
    return this.world.told
      .filter(({ kind, transaction: of }) => of === transaction && ["Decision", "Overloaded", "Closed"].includes(kind))
      .map(({ kind, committed }) => committed ?? kind);
  }

  inDoubt(): readonly unknown[] {
    return [1, 2, 3].map((node) => this.world.status("participant", node)["inDoubt"]);
  }

  locks(): readonly unknown[] {
    return [1, 2, 3].map((node) => this.world.status("participant", node)["locks"]);
  }
}

/** Participant 3 votes, and misses how it ends. */
function missTheEnd(play: Play): number {
  const { world } = play;
  const transaction = play.open([1, 3]);
  for (const kind of ["Decision", "PreCommit"]) world.lost.add(`${kind} ${third}`);
  play.commit(transaction, [1, 3]);
  world.away.add(third);
  // Of three-phase commit the coordinator waits for participant 3 as long as for a vote.
  world.ticks(timing.voteTicks);
  expect([play.toldOf(transaction), play.inDoubt()]).toEqual([[true], [0, 0, 1]]);
  return transaction;
}

function comeBack({ world }: Play): void {
  world.lost.clear();
  world.away.clear();
}

describe.each(protocols)("%s", (protocol) => {
  test.each([undefined, "log", "checkpoint"] as const)(
    "a participant that missed more outcomes than anybody remembers is told its own (all restarted from: %s)",
    (restart) => {
      const play = new Play(protocol);
      missTheEnd(play);
      play.others(4 * most);
      if (restart !== undefined) play.world.restart(restart);
      expect(play.inDoubt()).toEqual([0, 0, 1]);
      comeBack(play);
      play.world.ticks(2 * timing.doubtTicks);
      expect([play.inDoubt(), play.locks()]).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(play.world.status("participant", 3)["keys"]).toBe(1);
    },
  );

  test("no outcome is forgotten before all participants have it, and then all but the latest are", () => {
    const play = new Play(protocol);
    missTheEnd(play);
    play.others(4 * most);
    const keeper = () => play.world.status(protocol === "commit" ? "acceptor" : "coordinator", 1);
    play.world.ticks(timing.holdTicks);
    expect(keeper()).toMatchObject({ outcomes: most, owed: 1 });
    comeBack(play);
    play.world.ticks(timing.holdTicks);
    expect(keeper()).toMatchObject({ outcomes: most, owed: 0 });
  });

  test("who can forget nothing refuses what is new, and takes it again when participants have what was", () => {
    const play = new Play(protocol);
    missTheEnd(play);
    // Nobody tells that it has an outcome.
    const { world } = play;
    for (const node of [1, 2]) world.mute.add(addressOf("participant", node));
    play.others(2 * most);
    const refused = play.open([1, 2]);
    play.commit(refused, [1, 2]);
    expect(play.toldOf(refused)).toEqual(["Overloaded"]);
    const keeper = () => world.status(protocol === "commit" ? "acceptor" : "coordinator", 1);
    expect(keeper()["owed"]).toBe(most);
    world.mute.clear();
    comeBack(play);
    world.ticks(3 * timing.holdTicks);
    const taken = play.open([1, 2]);
    play.commit(taken, [1, 2]);
    world.ticks(timing.voteTicks);
    expect([play.toldOf(taken), play.inDoubt()]).toEqual([[true], [0, 0, 0]]);
  });

  test("a transaction that was open while more ended than anybody remembers ends, too", () => {
    for (const ticks of [0, timing.holdTicks]) {
      const play = new Play(protocol);
      const old = play.open([1, 2]);
      play.others(timing.holdTicks - 2 * timing.retryTicks);
      play.world.ticks(ticks);
      // The leader of node 2 knows nothing of it, and begins.
      play.commit(old, [1, 2], protocol === "commit" ? 2 : 1);
      play.world.ticks(timing.holdTicks + 2 * timing.doubtTicks);
      expect(play.toldOf(old)).not.toContain(true);
      expect([play.inDoubt(), play.locks()]).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    }
  });
});

describe.each(protocols)("%s: a client holds a transaction open while more end than anybody remembers", (protocol) => {
  test("and is told that it is too old when it wants it committed, and when it asks for a first write", () => {
    const play = new Play(protocol);
    const old = play.open([1]);
    play.others(2 * most);
    expect(play.toldOf(old)).toEqual([]);
    play.commit(old, [1]);
    expect(play.toldOf(old)).toEqual(["Closed"]);
    const put = { kind: "Put", transaction: old, sequence: 1, key: keyOf(2, 1), value: bytes("v") } as const;
    play.world.post(client, addressOf("participant", 2), put);
    expect(play.toldOf(old)).toEqual(["Closed", "Closed"]);
  });

  test("and is told something by whoever knows nothing of it, too", () => {
    const play = new Play(protocol);
    const old = play.open([1, 2]);
    play.others(2 * most);
    if (protocol !== "commit") play.world.restart("log");
    play.commit(old, [1, 2], protocol === "commit" ? 2 : 1);
    play.world.ticks(2 * timing.holdTicks);
    expect(play.toldOf(old)).toEqual(["Closed"]);
    expect([play.inDoubt(), play.locks()]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

test("three-phase: a coordinator that asks what became of a transaction tells it, however many others end meanwhile", () => {
  const play = new Play("three-phase");
  const { world } = play;
  const old = play.open([1, 2]);
  world.restart("log");
  for (const node of [1, 2]) {
    const put = { kind: "Put", transaction: old, sequence: 1, key: keyOf(node, 1), value: bytes("v") } as const;
    world.post(client, addressOf("participant", node), put);
  }
  // Its life before may have begun to commit it, and so it asks. They hold it, and have nothing to tell yet.
  play.commit(old, [1, 2]);
  play.others(2 * most);
  expect(play.toldOf(old)).toEqual([]);
  world.post(client, addressOf("participant", 1), { kind: "Abort", transaction: old });
  world.ticks(2 * timing.retryTicks);
  expect(play.toldOf(old)).toEqual([false]);
  expect(world.status("coordinator", 1)).toMatchObject({ underWay: 0 });
});

test("commit: an acceptor that missed how a transaction ended, which all others have forgotten, lets go of its votes", () => {
  for (const restart of [false, true]) {
    const play = new Play("commit");
    const { world } = play;
    const [first, last] = [addressOf("acceptor", 1), addressOf("acceptor", 3)];
    world.lost.add(`Outcome ${first}`);
    const transaction = play.open([1, 2]);
    play.commit(transaction, [1, 2]);
    expect(play.toldOf(transaction)).toEqual([true]);
    world.away.add(first);
    play.others(4 * most);
    if (restart) world.restart("log");
    world.lost.clear();
    world.away.clear();
    // Now there is no quorum of those that have forgotten it.
    world.away.add(last);
    expect(world.status("acceptor", 1)).toMatchObject({ undecided: 1 });
    world.ticks(2 * timing.holdTicks);
    expect(world.status("acceptor", 1)).toMatchObject({ undecided: 0 });
    expect(play.toldOf(transaction)).toEqual([true]);
  }
});

test("two-phase: whoever voted for what a coordinator lost, long ago, is told to abort", () => {
  const play = new Play("two-phase");
  const transaction = play.open([3]);
  const participants = [{ node: 3, writes: 1 }];
  play.world.post(addressOf("coordinator", 1), third, { kind: "VoteRequest", transaction, participants });
  expect(play.inDoubt()).toEqual([0, 0, 1]);
  play.world.away.add(third);
  play.others(4 * most);
  comeBack(play);
  play.world.ticks(2 * timing.doubtTicks);
  expect(play.inDoubt()).toEqual([0, 0, 0]);
  expect(play.world.status("participant", 3)).toMatchObject({ keys: 0, locks: 0 });
});
