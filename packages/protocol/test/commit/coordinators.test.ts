/**
 * The rules of the coordinators and participants of two-phase commit, and of the coordinator of three-phase commit, one
 * by one: who is believed, what must be durable before it is told, and what a restart knows.
 */
import { describe, expect, test } from "vitest";
import { addressOf, showAddress, type Address } from "../../src/address.ts";
import * as commit from "../../src/commit/index.ts";
import { newOutput, type RoleMachine } from "../../src/output.ts";

const client = addressOf("client", 9);
const participants = [1, 2].map((node) => ({ node, writes: 1 }));
const [one, two, three] = [1, 2, 3].map((node) => addressOf("participant", node)) as [Address, Address, Address];
const timing = { ...commit.commitTiming, retryTicks: 3, voteTicks: 6, doubtTicks: 9, holdTicks: 20 };
const configuration = commit.commitConfigurationOf(3, { timing });

/** A role, with what it said in words: `!` before what may leave only when all is durable. */
class Play<Message extends { readonly kind: string }, Entry extends Message> {
  readonly persisted: Entry[] = [];
  readonly #create: () => RoleMachine<Message, Entry, never>;
  #role: RoleMachine<Message, Entry, never>;

  constructor(create: () => RoleMachine<Message, Entry, never>) {
    this.#create = create;
    this.#role = create();
  }

  step(from: Address, message: Message): readonly string[] {
    return this.#act((out) => this.#role.step(from, message, out));
  }

  ticks(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.#act((out) => this.#role.tick(out))).flat();
  }

  restart(): void {
    this.#role = this.#create();
    for (const entry of this.persisted) this.#role.restore(entry);
  }

  status(): object {
    return this.#role.status();
  }

  #act(action: (out: ReturnType<typeof newOutput<Message, Entry, never>>) => void): readonly string[] {
    const out = newOutput<Message, Entry, never>();
    action(out);
    this.persisted.push(...out.persist);
    const shown = ({ to, message }: { readonly to: Address; readonly message: Message }) =>
      `${message.kind}${"committed" in message ? ` ${message.committed}` : ""} ${to === client ? "client" : showAddress(to)}`;
    return [...out.send.map(shown), ...out.sendAfterPersist.map((each) => `!${shown(each)}`)];
  }
}

const begin = { kind: "Begin", sequence: 1 } as const;
const asked = { kind: "Commit", transaction: 1, participants } as const;
const vote = { kind: "Vote", transaction: 1 } as const;
const refusal = { kind: "Decision", transaction: 1, committed: false } as const;
const inquiry = { kind: "Inquire", transaction: 1, participants } as const;
const to = showAddress;
const told = (committed: boolean) => [
  `!Decision ${committed} ${to(one)}`,
  `!Decision ${committed} ${to(two)}`,
  `!Decision ${committed} client`,
];

function twoPhase() {
  const play = new Play<commit.twoPhase.Message, commit.twoPhase.Entry>(
    () => new commit.twoPhase.Coordinator(configuration, 1),
  );
  play.step(client, begin);
  return play;
}

describe("a coordinator of two-phase commit", () => {
  test("commits when all have voted, each once and no others, and tells it when it is durable", () => {
    const play = twoPhase();
    expect(play.step(client, asked)).toEqual([`VoteRequest ${to(one)}`, `VoteRequest ${to(two)}`]);
    for (const from of [one, one, three, addressOf("coordinator", 2), client])
      expect(play.step(from, vote)).toEqual([]);
    expect(play.step(two, vote)).toEqual(told(true));
    expect(play.persisted.at(-1)).toEqual({ kind: "Outcome", transaction: 1, committed: true, participants });
    expect(play.step(client, asked)).toEqual(["!Decision true client"]);
  });

  test("aborts at the word of one participant, and no vote changes that", () => {
    const play = twoPhase();
    play.step(client, asked);
    play.step(one, vote);
    expect(play.step(two, refusal)).toEqual(told(false));
    for (const from of [one, two]) expect(play.step(from, vote)).toEqual([]);
    expect(play.step(one, inquiry)).toEqual([`!Decision false ${to(one)}`]);
  });

  test("asks again whoever has not voted, and aborts when it has waited long enough", () => {
    const play = twoPhase();
    play.step(client, asked);
    play.step(one, vote);
    expect(play.ticks(timing.voteTicks - 1)).toEqual([`VoteRequest ${to(two)}`]);
    expect(play.ticks(1)).toEqual(told(false));
  });

  test("says nothing of what it still collects votes for", () => {
    const play = twoPhase();
    play.step(client, asked);
    expect(play.step(one, inquiry)).toEqual([]);
    play.step(one, vote);
    expect(play.step(two, vote)).toEqual(told(true));
  });

  test("after a restart what it had not decided is aborted, when a participant asks and not a client", () => {
    const play = twoPhase();
    play.step(client, asked);
    play.restart();
    expect(play.step(client, inquiry)).toEqual([]);
    expect(play.step(one, inquiry)).toEqual([`!Decision false ${to(one)}`]);
    expect(play.step(client, asked)).toEqual(["!Decision false client"]);
  });

  test("after a restart what it had decided stands, and is remembered for its participants", () => {
    const play = twoPhase();
    play.step(client, asked);
    for (const from of [one, two]) play.step(from, vote);
    play.restart();
    expect(play.step(two, inquiry)).toEqual([`!Decision true ${to(two)}`]);
    expect(play.status()).toMatchObject({ owed: 1 });
    for (const from of [one, three]) play.step(from, { kind: "Settled", transactions: [{ transaction: 1 }] });
    expect(play.status()).toMatchObject({ owed: 1 });
    play.step(two, { kind: "Settled", transactions: [{ transaction: 1 }] });
    expect(play.status()).toMatchObject({ owed: 0 });
    play.restart();
    expect(play.status()).toMatchObject({ owed: 0, outcomes: 1 });
  });

  test("knows no transaction that is another coordinator's, or that it never gave out", () => {
    const play = twoPhase();
    for (const transaction of [2, 1 + 3 * 64]) {
      expect(play.step(client, { ...asked, transaction })).toEqual([]);
      expect(play.step(one, { ...inquiry, transaction })).toEqual([]);
    }
  });
});

describe("a participant of two-phase commit", () => {
  const key = [..."abcdefghijkl"]
    .map((letter) => Uint8Array.of(letter.charCodeAt(0)))
    .find((each) => {
      return commit.ownerOf(each, 3) === 1;
    });
  const coordinator = addressOf("coordinator", 1);
  const requested = { kind: "VoteRequest", transaction: 1, participants } as const;
  const holding = () => {
    const play = new Play<commit.twoPhase.Message, commit.twoPhase.Entry>(
      () => new commit.twoPhase.Participant(configuration, 1),
    );
    const write = { key: key ?? Uint8Array.of(), value: Uint8Array.of(1) };
    play.step(client, { kind: "Put", transaction: 1, sequence: 1, ...write });
    return play;
  };

  test("votes when what it voted for is durable, the same each time", () => {
    const play = holding();
    for (let time = 0; time < 2; time++)
      expect(play.step(coordinator, requested)).toEqual([`!Vote ${to(coordinator)}`]);
    expect(play.persisted.map(({ kind }) => kind)).toEqual(["Prepared"]);
  });

  test("one that has not voted aborts when another one is in doubt, and then votes for it no more", () => {
    const play = holding();
    expect(play.step(client, inquiry)).toEqual([]);
    expect(play.step(two, inquiry)).toEqual([`!Decision false ${to(two)}`]);
    expect(play.step(coordinator, requested)).toEqual([`!Decision false ${to(coordinator)}`]);
  });

  test("one that has voted tells another one nothing, and asks the coordinator and the others in turn", () => {
    const play = holding();
    play.step(coordinator, requested);
    expect(play.step(two, inquiry)).toEqual([]);
    expect(play.ticks(timing.doubtTicks - 1)).toEqual([]);
    expect(play.ticks(1)).toEqual([`Inquire ${to(coordinator)}`, `Inquire ${to(two)}`]);
    play.restart();
    expect(play.step(client, { kind: "Abort", transaction: 1 })).toEqual([]);
    expect(play.status()).toMatchObject({ inDoubt: 1, locks: 1 });
    const reminder = { kind: "Reminder", outcomes: [{ transaction: 1, committed: true }] } as const;
    expect(play.step(coordinator, reminder)).toEqual([`!Settled ${to(coordinator)}`]);
    expect(play.status()).toMatchObject({ inDoubt: 0, locks: 0, keys: 1 });
  });

  test("one that has voted aborts what is closed, and one that was told otherwise does not", () => {
    const play = holding();
    play.step(coordinator, requested);
    play.step(coordinator, { kind: "Closed", transaction: 1 });
    expect(play.status()).toMatchObject({ inDoubt: 0, locks: 0, keys: 0 });
    expect(play.step(coordinator, requested)).toEqual([`!Decision false ${to(coordinator)}`]);
  });
});

describe("a coordinator of three-phase commit", () => {
  const preCommitted = { kind: "PreCommitted", transaction: 1 } as const;
  const threePhase = () => {
    const play = new Play<commit.threePhase.Message, commit.threePhase.Entry>(
      () => new commit.threePhase.Coordinator(configuration, 1),
    );
    play.step(client, begin);
    return play;
  };

  test("tells all that all have voted, and commits when all know", () => {
    const play = threePhase();
    play.step(client, asked);
    expect([play.step(one, vote), play.step(one, preCommitted), play.step(three, vote)]).toEqual([[], [], []]);
    expect(play.step(two, vote)).toEqual([`PreCommit ${to(one)}`, `PreCommit ${to(two)}`]);
    expect([play.step(one, preCommitted), play.step(two, vote)]).toEqual([[], []]);
    expect(play.step(two, preCommitted)).toEqual(told(true));
  });

  test("aborts while a vote is missing, and commits without whoever does not answer, if somebody knows", () => {
    const play = threePhase();
    play.step(client, asked);
    play.step(one, vote);
    expect(play.ticks(timing.voteTicks)).toEqual([`VoteRequest ${to(two)}`, ...told(false)]);
    const other = threePhase();
    other.step(client, asked);
    for (const from of [one, two]) other.step(from, vote);
    expect(other.ticks(timing.voteTicks).some((line) => line.includes("Decision"))).toBe(false);
    other.step(two, preCommitted);
    expect(other.ticks(1)).toEqual(told(true));
  });

  test("of what an earlier life began it asks the participants, and decides nothing by itself", () => {
    const play = threePhase();
    play.step(client, asked);
    play.restart();
    expect(play.step(client, asked)).toEqual([`Inquire ${to(one)}`, `Inquire ${to(two)}`]);
    for (const from of [one, two]) expect(play.step(from, vote)).toEqual([]);
    expect(play.ticks(timing.voteTicks).some((line) => line.includes("Decision"))).toBe(false);
    expect(play.step(two, { ...refusal, committed: true })).toEqual(told(true));
  });
});

test("participants answer those only who may ask", () => {
  const requested = { kind: "VoteRequest", transaction: 1, participants } as const;
  const paxos = new Play<commit.paxosCommit.Message, commit.paxosCommit.Entry>(
    () => new commit.paxosCommit.Participant(commit.paxosCommit.configurationOf(3), 1),
  );
  for (const from of [client, two, addressOf("acceptor", 1)]) expect(paxos.step(from, requested)).toEqual([]);
  const leader = addressOf("proposer", 1);
  expect(paxos.step(leader, requested)).toEqual([`!Decision false ${to(leader)}`]);
  const threePhase = new Play<commit.threePhase.Message, commit.threePhase.Entry>(
    () => new commit.threePhase.Participant(configuration, 1),
  );
  const question = { kind: "StateRequest", transaction: 1, participants } as const;
  for (const from of [client, addressOf("coordinator", 1)]) expect(threePhase.step(from, question)).toEqual([]);
  expect(threePhase.step(two, question)).toEqual([`!Decision false ${to(two)}`]);
});
