/**
 * The rules of each role, one by one, with six nodes of which one may lie.
 */
import { describe, expect, test } from "vitest";
import { addressOf, fastByzantine, joinCommands, newOutput, noOp, type Address, type Value } from "@synod/protocol";

const { Acceptor, Learner, Proposer, configurationOf } = fastByzantine;
type Message = fastByzantine.Message;

const configuration = configurationOf(6);
const unsigned = new Uint8Array(0);
/** Values are short here: each is its own digest. */
const digest = (value: Value): Uint8Array => value;

/** A command says its length. */
function command(text: string): Value {
  return Uint8Array.of(text.length, 0, 0, 0, ...new TextEncoder().encode(text));
}
const [A, B] = [command("A"), command("B")];

const proposer = (node: number): Address => addressOf("proposer", node);
const acceptor = (node: number): Address => addressOf("acceptor", node);
const learner = (node: number): Address => addressOf("learner", node);

/** Steps a role; returns what it did. */
function played(role: fastByzantine.Acceptor | fastByzantine.Learner | fastByzantine.Proposer) {
  const act = (action: (out: fastByzantine.Output) => void): fastByzantine.Output => {
    const out = newOutput<Message, fastByzantine.Entry, fastByzantine.Delivery>();
    action(out);
    return out;
  };
  return {
    step: (from: Address, message: Message) =>
      act((out) => {
        role.step(from, message, out);
        role.flush(out);
      }),
    tick: () => act((out) => role.tick(out)),
  };
}

const accept = (ballot: number, slot: number, value: Value): Message => ({ kind: "Accept", ballot, slot, value });
const suspicionsOf = (nodes: readonly number[], ballot: number): readonly fastByzantine.Suspicion[] =>
  nodes.map((node) => ({ node, ballot, signature: unsigned }));
const votesIn = (out: fastByzantine.Output): readonly Message[] => [
  ...new Set(out.sendAfterPersist.map(({ message }) => message).filter(({ kind }) => kind === "Accepted")),
];

/** A certificate of ballot 2 in which acceptors report their votes for slot 1. */
function certificate(votes: readonly (Value | undefined)[]): Message {
  const reports = votes.map((value, index) => ({
    node: index + 1,
    stableThrough: 0,
    votes: value === undefined ? [] : [{ slot: 1, ballot: 1, digest: digest(value) }],
    signature: unsigned,
  }));
  return { kind: "Certificate", ballot: 2, reports };
}

describe("an acceptor", () => {
  const fresh = () => {
    const role = played(new Acceptor(configuration, 3, digest));
    role.step(proposer(3), { kind: "Known", commands: joinCommands([A, B]) });
    return role;
  };

  test("votes for what clients asked for, on stable storage first, and tells all learners and the leader", () => {
    const out = fresh().step(proposer(1), accept(1, 1, A));
    expect(out.persist).toEqual([accept(1, 1, A)]);
    expect(out.send).toEqual([]);
    const to = out.sendAfterPersist.map((sent) => sent.to);
    expect(to.sort()).toEqual([proposer(1), ...[1, 2, 3, 4, 5, 6].map(learner)].sort());
  });

  test("does not vote for what no client asked its node for, until one does", () => {
    const role = played(new Acceptor(configuration, 3, digest));
    expect(votesIn(role.step(proposer(1), accept(1, 1, A)))).toEqual([]);
    expect(votesIn(role.step(proposer(2), { kind: "Known", commands: A }))).toEqual([]);
    expect(votesIn(role.step(proposer(3), { kind: "Known", commands: A }))).toHaveLength(1);
  });

  test("votes for a request as often as a client sent it", () => {
    const role = fresh();
    expect(votesIn(role.step(proposer(1), accept(1, 1, A)))).toHaveLength(1);
    expect(votesIn(role.step(proposer(1), accept(1, 2, A)))).toEqual([]);
    expect(votesIn(role.step(proposer(3), { kind: "Known", commands: A }))).toHaveLength(1);
  });

  test("votes once in a ballot for a slot: what the leader proposes besides comes too late", () => {
    const role = fresh();
    role.step(proposer(1), accept(1, 1, A));
    expect(votesIn(role.step(proposer(1), accept(1, 1, B)))).toEqual([]);
    const again = role.step(proposer(1), accept(1, 1, A));
    expect(votesIn(again)).toHaveLength(1);
    expect(again.persist).toEqual([]);
  });

  test("hears only the owner of a ballot, and of its own ballot", () => {
    const role = fresh();
    expect(votesIn(role.step(proposer(2), accept(1, 1, A)))).toEqual([]);
    expect(votesIn(role.step(proposer(2), accept(2, 1, A)))).toEqual([]);
  });

  test("promises a ballot only to its owner, which shows 2f+1 suspicions of the one before; and reports its votes", () => {
    const role = fresh();
    role.step(proposer(1), accept(1, 1, A));
    const refused: readonly (readonly [Address, readonly fastByzantine.Suspicion[]])[] = [
      [proposer(2), suspicionsOf([1, 4], 1)],
      [proposer(2), suspicionsOf([4, 4, 4], 1)],
      [proposer(3), suspicionsOf([1, 4, 5], 1)],
    ];
    for (const [from, suspicions] of refused) {
      expect(role.step(from, { kind: "Prepare", ballot: 2, suspicions }).sendAfterPersist).toEqual([]);
    }
    const out = role.step(proposer(2), { kind: "Prepare", ballot: 2, suspicions: suspicionsOf([1, 4, 5], 1) });
    expect(out.persist).toEqual([{ kind: "Prepare", ballot: 2, suspicions: [] }]);
    const votes = [{ slot: 1, ballot: 1, digest: digest(A) }];
    expect(out.sendAfterPersist).toEqual([
      { to: proposer(2), message: { kind: "Promised", ballot: 2, stableThrough: 0, votes, signature: unsigned } },
    ]);
    expect(votesIn(role.step(proposer(1), accept(1, 2, B)))).toEqual([]);
    // The value of one the leader asks for, and nobody else.
    for (const node of [1, 3]) expect(role.step(proposer(node), { kind: "Wanted", slot: 1 }).send).toEqual([]);
    expect(role.step(proposer(2), { kind: "Wanted", slot: 2 }).send).toEqual([]);
    expect(role.step(proposer(2), { kind: "Wanted", slot: 1 }).send).toEqual([
      { to: proposer(2), message: { kind: "Payload", slot: 1, value: A } },
    ]);
  });

  test("votes in a later ballot only after a certificate, and only for what that vouches for", () => {
    const role = fresh();
    role.step(proposer(2), { kind: "Prepare", ballot: 2, suspicions: suspicionsOf([1, 4, 5], 1) });
    expect(votesIn(role.step(proposer(2), accept(2, 1, B)))).toEqual([]);
    role.step(proposer(2), certificate([A, A, A, B, undefined]));
    expect(votesIn(role.step(proposer(2), accept(2, 1, B)))).toEqual([]);
    expect(votesIn(role.step(proposer(2), accept(2, 1, noOp)))).toEqual([]);
    expect(votesIn(role.step(proposer(2), accept(2, 1, A)))).toHaveLength(1);
  });

  test("votes for what is vouched for, whoever asked for it", () => {
    const role = played(new Acceptor(configuration, 3, digest));
    role.step(proposer(2), certificate([A, A, A, undefined, undefined]));
    expect(votesIn(role.step(proposer(2), accept(2, 1, A)))).toHaveLength(1);
  });

  test("takes no certificate of too few reports, and does not take a second one", () => {
    const role = fresh();
    role.step(proposer(2), certificate([undefined, undefined, undefined, undefined]));
    expect(votesIn(role.step(proposer(2), accept(2, 1, A)))).toEqual([]);
    role.step(proposer(2), certificate([A, A, A, A, A]));
    role.step(proposer(2), certificate([B, B, B, B, B]));
    expect(votesIn(role.step(proposer(2), accept(2, 1, B)))).toEqual([]);
    expect(votesIn(role.step(proposer(2), accept(2, 1, A)))).toHaveLength(1);
  });

  test("votes for nothing that is stable: it does not remember its vote", () => {
    const role = fresh();
    role.step(proposer(1), accept(1, 1, A));
    role.step(learner(4), { kind: "Stable", through: 1 });
    expect(votesIn(role.step(proposer(1), accept(1, 1, A)))).toHaveLength(1);
    role.step(learner(3), { kind: "Stable", through: 1 });
    expect(votesIn(role.step(proposer(1), accept(1, 1, A)))).toEqual([]);
  });

  test("comes back with what it promised and voted for", () => {
    const restored = new Acceptor(configuration, 3, digest);
    restored.restore({ kind: "Accept", ballot: 1, slot: 1, value: A });
    restored.restore({ kind: "Prepare", ballot: 2, suspicions: [] });
    const role = played(restored);
    expect(votesIn(role.step(proposer(1), accept(1, 1, A)))).toEqual([]);
    const out = role.step(proposer(2), { kind: "Prepare", ballot: 2, suspicions: suspicionsOf([1, 4, 5], 1) });
    expect(out.sendAfterPersist[0]?.message).toMatchObject({ votes: [{ slot: 1, ballot: 1 }] });
  });
});

describe("a learner", () => {
  const vote = (node: number, ballot: number, value: Value): readonly [Address, Message] => [
    acceptor(node),
    { kind: "Accepted", ballot, slot: 1, digest: digest(value) },
  ];
  const own = (ballot: number, value: Value): readonly [Address, Message] => [
    acceptor(3),
    { kind: "AcceptedValue", ballot, slot: 1, digest: digest(value), value },
  ];
  const delivered = (messages: readonly (readonly [Address, Message])[]): readonly unknown[] => {
    const role = played(new Learner(configuration, 3, digest));
    return messages.flatMap(([from, message]) => role.step(from, message).deliver);
  };
  const chosenA = [{ kind: "chosen", slot: 1, value: A }];

  test("learns from 4f+1 equal votes of one ballot, each acceptor once", () => {
    const four = [own(1, A), vote(1, 1, A), vote(2, 1, A), vote(4, 1, A)];
    expect(delivered([...four, vote(4, 1, A)])).toEqual([]);
    expect(delivered([...four, vote(5, 1, B)])).toEqual([]);
    expect(delivered([...four, vote(5, 2, A)])).toEqual([]);
    expect(delivered([...four, vote(5, 1, A)])).toEqual(chosenA);
  });

  test("keeps no value that is not the one of its digest, nor of another node's acceptor", () => {
    const votes = [1, 2, 4, 5, 6].map((node) => vote(node, 1, A));
    const wrong: Message = { kind: "AcceptedValue", ballot: 1, slot: 1, digest: digest(A), value: B };
    expect(delivered([...votes, [acceptor(3), wrong]])).toEqual([]);
    expect(delivered([...votes, [acceptor(5), { ...wrong, value: A }]])).toEqual([]);
    expect(delivered([...votes, own(1, A)])).toEqual(chosenA);
  });

  test("believes f+1 others that have learned the same; with the votes, one that has the value", () => {
    const answer = (node: number, value: Value): readonly [Address, Message] => [
      learner(node),
      { kind: "Chosen", from: 1, values: [{ value }], trimmedThrough: 0 },
    ];
    expect(delivered([answer(1, A), answer(1, A)])).toEqual([]);
    expect(delivered([answer(1, A), answer(2, B)])).toEqual([]);
    expect(delivered([answer(1, A), answer(2, B), answer(4, A)])).toEqual(chosenA);
    const votes = [1, 2, 4, 5, 6].map((node) => vote(node, 1, A));
    expect(delivered([...votes, answer(1, B)])).toEqual([]);
    expect(delivered([...votes, answer(1, A)])).toEqual(chosenA);
  });

  test("tells its own roles what is stable once 2f+1 learners have it", () => {
    const role = played(new Learner(configuration, 3, digest));
    const stable = (node: number, through: number): readonly unknown[] =>
      role.step(learner(node), { kind: "Learned", through }).send.map(({ to, message }) => [to, message]);
    expect(stable(1, 9)).toEqual([]);
    expect(stable(2, 4)).toEqual([]);
    expect(stable(4, 5)).toEqual([
      [acceptor(3), { kind: "Stable", through: 4 }],
      [proposer(3), { kind: "Stable", through: 4 }],
    ]);
  });
});

describe("a proposer", () => {
  const { electionTicks } = configuration.timing;
  const kinds = (out: fastByzantine.Output): readonly string[] => [
    ...new Set([...out.send, ...out.sendAfterPersist].map(({ message }) => message.kind)),
  ];
  const request: Message = { kind: "Request", sequence: 1, command: A };

  test("that owns the first ballot proposes at once, with its ballot on stable storage first", () => {
    const role = played(new Proposer(configuration, 1, digest));
    expect(role.tick().persist).toEqual([{ kind: "Prepare", ballot: 1, suspicions: [] }]);
    const out = role.step(addressOf("client", 9), request);
    expect(out.sendAfterPersist.map(({ message }) => message)).toEqual(
      Array.from({ length: 6 }, () => accept(1, 1, A)),
    );
  });

  test("leads no ballot again that it led before: it does not know what it proposed", () => {
    const restored = new Proposer(configuration, 1, digest);
    restored.restore({ kind: "Prepare", ballot: 1, suspicions: [] });
    const role = played(restored);
    expect(kinds(role.tick())).toEqual(["Suspect"]);
    expect(kinds(role.step(addressOf("client", 9), request))).toEqual(["Known"]);
  });

  test("suspects a leader that lets a request wait, and none when nothing waits", () => {
    const idle = played(new Proposer(configuration, 3, digest));
    const waiting = played(new Proposer(configuration, 3, digest));
    const served = played(new Proposer(configuration, 3, digest));
    waiting.step(addressOf("client", 9), request);
    served.step(addressOf("client", 9), request);
    served.step(learner(3), { kind: "Served", commands: A });
    const said = { idle: 0, waiting: 0, served: 0 };
    for (let tick = 0; tick <= electionTicks; tick++) {
      said.idle += idle.tick().send.length;
      said.waiting += waiting.tick().send.length;
      said.served += served.tick().send.length;
    }
    expect(said).toEqual({ idle: 0, waiting: 6, served: 0 });
  });

  test("suspects every next leader, however many were in vain before it", () => {
    const role = played(new Proposer(configuration, 6, digest));
    // It owns ballot 6 itself, and suspects itself as well.
    for (let ballot = 1; ballot <= 12; ballot++) {
      let ticks = 0;
      while (role.tick().send.every(({ message }) => message.kind !== "Suspect" || message.ballot < ballot)) {
        if (ticks % 25 === 0) role.step(addressOf("client", 9), request);
        ticks += 1;
        expect(ticks, `ballot ${ballot}`).toBeLessThan(20 * electionTicks);
      }
      for (const node of [1, 2, 3]) role.step(proposer(node), { kind: "Suspect", ballot, signature: unsigned });
    }
  });

  test("joins f+1 that suspect, and leads when 2f+1 do", () => {
    const role = played(new Proposer(configuration, 2, digest));
    role.tick();
    const suspect: Message = { kind: "Suspect", ballot: 1, signature: unsigned };
    expect(kinds(role.step(proposer(4), suspect))).toEqual([]);
    expect(kinds(role.step(proposer(4), suspect))).toEqual([]);
    expect(kinds(role.step(proposer(5), suspect))).toEqual(["Suspect"]);
    const elected = role.step(proposer(2), suspect);
    expect(elected.persist).toEqual([{ kind: "Prepare", ballot: 2, suspicions: suspicionsOf([2, 4, 5], 1) }]);
    expect(kinds(elected)).toEqual(["Prepare"]);
  });

  test("proposes in a later ballot only what its certificate vouches for, with the value that was reported", () => {
    const role = played(new Proposer(configuration, 2, digest));
    role.tick();
    for (const node of [3, 4, 5]) role.step(proposer(node), { kind: "Suspect", ballot: 1, signature: unsigned });
    // What was reported is not put in another slot as well.
    for (const asked of [A, B]) role.step(addressOf("client", 9), { kind: "Request", sequence: 1, command: asked });
    const votes = [{ slot: 1, ballot: 1, digest: digest(A) }];
    const promised: Message = { kind: "Promised", ballot: 2, stableThrough: 0, votes, signature: unsigned };
    for (const node of [1, 3, 4, 5]) expect(kinds(role.step(acceptor(node), promised))).toEqual([]);
    expect(kinds(role.step(acceptor(6), promised))).toEqual(["Wanted"]);
    const out = role.step(acceptor(3), { kind: "Payload", slot: 1, value: A });
    expect(kinds(out)).toEqual(["Certificate", "Accept"]);
    const proposed = out.sendAfterPersist.map(({ message }) => message).filter(({ kind }) => kind === "Accept");
    expect([...new Set(proposed)]).toEqual([accept(2, 1, A), accept(2, 2, B)]);
  });

  test("holds only values of votes that their node has reported: junk of one takes nobody's room", () => {
    const role = played(
      new Proposer({ ...configuration, limits: { ...configuration.limits, learnerSlots: 1 } }, 2, digest),
    );
    role.tick();
    for (const node of [3, 4, 5]) role.step(proposer(node), { kind: "Suspect", ballot: 1, signature: unsigned });
    const votes = [{ slot: 1, ballot: 1, digest: digest(A) }];
    const promised: Message = { kind: "Promised", ballot: 2, stableThrough: 0, votes, signature: unsigned };
    for (const node of [1, 3, 4, 5]) role.step(acceptor(node), promised);
    // Nobody has reported these, nor node 6 anything.
    for (let junk = 0; junk < 100; junk++) {
      const value = command(`junk ${junk}`);
      for (const node of [1, 6]) role.step(acceptor(node), { kind: "Payload", slot: 1, value });
    }
    expect(kinds(role.step(acceptor(6), { kind: "Payload", slot: 1, value: A }))).toEqual([]);
    role.step(acceptor(6), promised);
    expect(kinds(role.step(acceptor(1), { kind: "Payload", slot: 1, value: B }))).toEqual([]);
    expect(kinds(role.step(acceptor(3), { kind: "Payload", slot: 1, value: A }))).toContain("Certificate");
  });
});
