/**
 * The proposer of Generalized Paxos: how it begins a ballot, when it takes the next one, and when that is a classic one.
 */
import { describe, expect, test } from "vitest";
import { addressOf, limits, newOutput, type Address } from "../../src/index.ts";
import { configurationOf, Proposer, type Configuration, type InstanceReport } from "../../src/generalized/index.ts";
import type { Delivery, Entry, Interference, Message } from "../../src/generalized/index.ts";

const [a, b, c, d] = [1, 2, 3, 4].map((number) => Uint8Array.of(number)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const checkpoint = new Uint8Array(0);
const nodes = [1, 2, 3, 4];
const usual = configurationOf(4);
/** a commutes with b, and nothing else does. */
const interference: Interference = (one, other) => (one[0] ?? 0) > 2 || (other[0] ?? 0) > 2;
const carried = (...commands: readonly Uint8Array[]) => commands.map((command) => ({ command }));
const acceptor = (node: number): Address => addressOf("acceptor", node);
const client = addressOf("client", 9);
const request = (command: Uint8Array): Message => ({ kind: "Request", sequence: 7, command });

/** Proposer 1, and what it does. */
class Stage {
  readonly proposer: Proposer;
  #log: Entry[] = [];

  constructor(configuration: Configuration = usual, conflicts: Interference = interference) {
    this.proposer = new Proposer(configuration, conflicts, 1, () => 0);
  }

  turn(...messages: readonly (readonly [from: Address, message: Message])[]) {
    return this.#does((out) => {
      for (const [from, message] of messages) this.proposer.step(from, message, out);
    });
  }

  tick() {
    return this.#does((out) => this.proposer.tick(out));
  }

  /** Hears no leader until it prepares. */
  prepares(): this {
    for (;;) {
      const [probe] = ofKind(this.tick(), "Probe");
      if (probe === undefined) continue;
      const reply: Message = { kind: "ProbeReply", round: probe.round, promised: 0, leaderSilent: true };
      this.turn(...nodes.map((node) => [acceptor(node), reply] as const));
      expect(this.proposer.status()["state"]).toBe("preparing");
      return this;
    }
  }

  /** Acceptors 1 to 3 promise, and report this of the first instance, each its own. */
  promised(ballot: number, ...histories: readonly (readonly Uint8Array[])[]) {
    return this.turn(
      ...[1, 2, 3].map((node, index) => {
        const history = histories[index];
        const accepted: InstanceReport[] =
          history === undefined ? [] : [{ slot: 1, ballot: Math.max(1, ballot - 4), history: carried(...history) }];
        return [acceptor(node), { kind: "Promised", ballot, from: 0, chosenThrough: 0, accepted, next: 0 }] as const;
      }),
    );
  }

  /** These acceptors vote: what each adds behind so many commands of its own. */
  votes(ballot: number, votes: Readonly<Record<number, readonly [from: number, ...commands: readonly Uint8Array[]]>>) {
    return this.turn(
      ...Object.entries(votes).map(([node, [from, ...commands]]) => {
        const message: Message = { kind: "Accepted", ballot, slot: 1, from, commands: carried(...commands) };
        return [acceptor(Number(node)), message] as const;
      }),
    );
  }

  #does(act: (out: ReturnType<typeof newOutput<Message, Entry, Delivery>>) => void) {
    const out = newOutput<Message, Entry, Delivery>();
    act(out);
    this.proposer.flush(out);
    this.#log = [...this.#log, ...out.persist];
    return [...out.send, ...out.sendAfterPersist];
  }
}

type Sent = ReturnType<Stage["turn"]>;

function ofKind<Kind extends Message["kind"]>(sent: Sent, kind: Kind) {
  return sent.flatMap(({ to, message }) =>
    message.kind === kind ? [{ ...(message as Extract<Message, { readonly kind: Kind }>), to }] : [],
  );
}

const leading = (configuration: Configuration = usual): Stage => {
  const stage = new Stage(configuration).prepares();
  stage.promised(1);
  return stage;
};

/** So many commands fill an instance. */
const full = (historyCommands: number): Configuration => configurationOf(4, { limits: { ...limits, historyCommands } });

/** Falls back at the first collision, for so long. */
const impatient = (classicTicks: number, more: Partial<Configuration> = {}): Configuration =>
  configurationOf(4, { fallBack: { windowCommands: 8, mostCollisions: 0, classicTicks }, ...more });

/** Commands c and d have collided, and proposer 1 leads in classic ballot 5, which began with both. */
const ordering = (configuration: Configuration): Stage => {
  const stage = leading(configuration);
  stage.votes(1, { 1: [0, c, d], 2: [0, c, d], 3: [0, d, c], 4: [0, d, c] });
  stage.promised(5, [c, d], [c, d], [d, c]);
  stage.votes(5, { 1: [2], 2: [2], 3: [2], 4: [2] });
  return stage;
};

describe("a ballot begins", () => {
  test("with what is safe, and then all else that an acceptor has; acceptors and learners are told", () => {
    const stage = new Stage().prepares();
    const accepts = ofKind(stage.promised(1, [c, d], [c], [a]), "Accept");
    expect(accepts.map(({ to }) => to)).toEqual([
      ...nodes.map(acceptor),
      ...nodes.map((node) => addressOf("learner", node)),
    ]);
    expect(accepts[0]).toMatchObject({ ballot: 1, slot: 1, isClassic: false, history: carried(c, d, a) });
  });

  test("only when the whole answers of a quorum have come, whatever is lost and asked for again", () => {
    const stage = new Stage().prepares();
    const page = (from: number, next: number, slot: number, ...history: readonly Uint8Array[]): Message => {
      const accepted = [{ slot, ballot: 1, history: carried(...history) }];
      return { kind: "Promised", ballot: 1, from, chosenThrough: 0, accepted, next };
    };
    const asked = (from: number) => ({ to: acceptor(3), kind: "Prepare", ballot: 1, from });
    stage.turn([acceptor(1), page(0, 0, 1, c)], [acceptor(2), page(0, 0, 1, c)]);
    const next = stage.turn([acceptor(3), page(0, 4, 1, c)]);
    expect(ofKind(next, "Prepare")).toEqual([asked(4)]);
    expect(ofKind(next, "Accept")).toEqual([]);
    // The same page again, and one that was not asked for.
    expect(stage.turn([acceptor(3), page(0, 4, 1, c)], [acceptor(3), page(9, 0, 9, c)])).toEqual([]);
    const ticks = Array.from({ length: usual.timing.retryTicks }, () => ofKind(stage.tick(), "Prepare")).flat();
    expect(ticks).toEqual([asked(4), { ...asked(0), to: acceptor(4) }]);
    expect(ofKind(stage.turn([acceptor(3), page(4, 0, 4, d)]), "Accept")[0]).toMatchObject({ history: carried(c) });
  });

  test("only when a quorum has promised that very ballot", () => {
    const stage = new Stage().prepares();
    const promise = (ballot: number): Message => ({
      kind: "Promised",
      ballot,
      from: 0,
      chosenThrough: 0,
      accepted: [],
      next: 0,
    });
    const sent = stage.turn(
      [acceptor(1), promise(1)],
      [acceptor(1), promise(1)],
      [acceptor(2), promise(1)],
      [acceptor(3), promise(5)],
    );
    expect(ofKind(sent, "Accept")).toEqual([]);
    expect(ofKind(stage.turn([acceptor(4), promise(1)]), "Accept")).toHaveLength(8);
  });
});

describe("the next ballot is taken", () => {
  test("when commands collide, and not before no quorum can have all", () => {
    const stage = leading();
    expect(ofKind(stage.votes(1, { 1: [0, c, d], 2: [0, d, c] }), "Prepare")).toEqual([]);
    expect(ofKind(stage.votes(1, { 3: [0, a, b] }), "Prepare")[0]).toMatchObject({ ballot: 5 });
    expect(stage.proposer.status()).toMatchObject({ collisions: 1, recoveries: 1 });
  });

  test("when a full instance cannot be closed without it, and then with a checkpoint behind what there is", () => {
    const stage = leading(full(2));
    stage.votes(1, { 1: [0, a, b], 2: [0, a, b], 3: [0, a, b] });
    // Acceptor 4 has what is not to be in the instance; the others may still close it.
    expect(ofKind(stage.votes(1, { 4: [0, a, c] }), "Prepare")).toEqual([]);
    expect(ofKind(stage.votes(1, { 3: [2, d] }), "Prepare")).toHaveLength(4);
    expect(stage.proposer.status()).toMatchObject({ collisions: 0, recoveries: 1 });
    const [accept] = ofKind(stage.promised(5, [a, b], [a, b], [a, b, d]), "Accept");
    expect(accept).toMatchObject({ ballot: 5, isClassic: false, history: carried(a, b, checkpoint) });
  });

  test("when what some have accepted is not chosen for long", () => {
    const stage = leading();
    stage.votes(1, { 1: [0, a], 2: [0, a] });
    const ticks = Array.from({ length: usual.timing.retryTicks }, () => ofKind(stage.tick(), "Prepare").length);
    expect(ticks).toEqual([...Array.from({ length: usual.timing.retryTicks - 1 }, () => 0), 4]);
  });
});

describe("a fast ballot closes an instance", () => {
  const appends = (sent: Sent) => ofKind(sent, "Append").map(({ to, from, commands }) => ({ to, from, commands }));
  const lacks = (node: number, from: number, ...commands: readonly Uint8Array[]) => ({
    to: acceptor(node),
    from,
    commands: carried(...commands),
  });

  test("that a quorum has filled, in whatever order, with what each lacks and a checkpoint; not for one command less", () => {
    const stage = leading(full(2));
    expect(stage.votes(1, { 1: [0, a, b], 2: [0, b, a], 3: [0, a] })).toEqual([]);
    const sent = stage.votes(1, { 4: [0, b, a] });
    expect(appends(sent)).toEqual([
      lacks(1, 2, checkpoint),
      lacks(2, 2, checkpoint),
      lacks(3, 1, b, checkpoint),
      lacks(4, 2, checkpoint),
    ]);
    expect(sent).toHaveLength(4);
    // What an acceptor adds by itself meanwhile, it lacks no more.
    expect(appends(stage.votes(1, { 3: [1, b] }))).toEqual([lacks(3, 2, checkpoint)]);
    expect(stage.votes(1, { 1: [2, checkpoint], 2: [2, checkpoint] })).toEqual([]);
    const next = ofKind(stage.votes(1, { 4: [2, checkpoint] }), "Accept");
    expect(next).toHaveLength(8);
    expect(next[0]).toMatchObject({ ballot: 1, slot: 4, commitPoint: 3, isClassic: false, history: [] });
    expect(stage.proposer.status()).toMatchObject({ collisions: 0, recoveries: 0 });
  });

  test("that is full of bytes", () => {
    const stage = leading(configurationOf(4, { limits: { ...limits, historyBytes: 2 } }));
    expect(stage.votes(1, { 1: [0, a], 2: [0, a], 3: [0, a] })).toEqual([]);
    expect(appends(stage.votes(1, { 1: [1, b], 2: [1, b], 3: [1, b] }))).toHaveLength(3);
  });

  test("with another ballot, when it is too long to be closed with all that a quorum has", () => {
    // Two commands commute and fill an instance; three are more than an instance may have that is not closed.
    const bounds = { ...limits, historyBytes: 2, valueBytes: 1, answerBytes: 1 };
    const commute: Interference = () => false;
    const stage = new Stage(configurationOf(4, { limits: bounds }), commute).prepares();
    stage.promised(1);
    const own = { 1: [0, a, b], 2: [0, b, c], 3: [0, c, d], 4: [0, d, a] } as const;
    const sent = stage.votes(1, own);
    expect(appends(sent)).toEqual([]);
    expect(ofKind(sent, "Prepare")).toHaveLength(4);
    // What may be chosen is kept, and closed at once.
    const [accept] = ofKind(stage.promised(5, [a, b], [b, c], [c, d]), "Accept");
    expect(accept).toMatchObject({ history: carried(b, c, checkpoint) });
  });

  test("with what it was to be closed with, whatever comes later; and sends it again to whom it may have missed", () => {
    const stage = leading(full(2));
    stage.votes(1, { 1: [0, a, b], 2: [0, a, b], 3: [0, a, b] });
    expect(stage.votes(1, { 4: [0, a, b, d] })).toEqual([]);
    stage.votes(1, { 1: [2, checkpoint] });
    const again = Array.from({ length: usual.timing.retryTicks }, () => appends(stage.tick())).flat();
    expect(again).toEqual([lacks(2, 2, checkpoint), lacks(3, 2, checkpoint)]);
  });

  test("when a command comes again that is chosen, and nothing else comes: only the next instance answers it again", () => {
    const stage = leading();
    stage.votes(1, { 1: [0, a], 2: [0, a], 3: [0, a] });
    const ticks = (): readonly number[] =>
      Array.from({ length: usual.timing.retryTicks }, () => appends(stage.tick()).length);
    expect(ticks()).not.toContain(3);
    expect(appends(stage.turn([client, request(a)]))).toEqual([1, 2, 3].map((node) => lacks(node, 1, checkpoint)));
  });
});

describe("where commands collide often", () => {
  test("the next ballot is classic; where they do not, it is not", () => {
    const collide = (configuration: Configuration, times: number): readonly boolean[] => {
      const stage = leading(configuration);
      return Array.from({ length: times }, (_, index) => {
        const ballot = 1 + 4 * index;
        const from = 2 * index;
        const [one, other] = [Uint8Array.of(10, index), Uint8Array.of(11, index)];
        if (index > 0) stage.votes(ballot, { 1: [from], 2: [from], 3: [from], 4: [from] });
        stage.votes(ballot, {
          1: [from, one, other],
          2: [from, one, other],
          3: [from, other, one],
          4: [from, other, one],
        });
        const before = Array.from({ length: index }, (_each, at) => [
          Uint8Array.of(10, at),
          Uint8Array.of(11, at),
        ]).flat();
        const history = [...before, one, other];
        const [accept] = ofKind(stage.promised(ballot + 4, history, history, [...before, other, one]), "Accept");
        return accept?.isClassic === true;
      });
    };
    const windows = (windowCommands: number, mostCollisions: number): Configuration =>
      configurationOf(4, { fallBack: { windowCommands, mostCollisions, classicTicks: 9 } });
    // Two commands are chosen between a collision and the next.
    expect(collide(windows(5, 2), 3)).toEqual([false, false, true]);
    expect(collide(windows(4, 2), 3)).toEqual([false, false, false]);
    expect(collide(windows(5, 3), 3)).toEqual([false, false, false]);
    expect(collide(windows(1, 0), 1)).toEqual([true]);
  });

  test("it puts what clients ask for in an order, each command once, behind what the ballot began with", () => {
    const stage = ordering(impatient(100));
    expect(stage.proposer.status()).toMatchObject({ state: "leading", fast: false });
    const sent = ofKind(
      stage.turn([acceptor(1), request(a)], [acceptor(2), request(b)], [acceptor(2), request(a)]),
      "Append",
    );
    expect(sent.map(({ to }) => to)).toEqual(nodes.map(acceptor));
    expect(sent[0]).toMatchObject({ ballot: 5, slot: 1, from: 2, commands: carried(a, b) });
    expect(stage.turn([acceptor(3), request(b)], [client, request(d)])).toEqual([]);
    const more = Uint8Array.of(7);
    expect(ofKind(stage.turn([client, request(more)]), "Append")[0]).toMatchObject({
      from: 4,
      commands: carried(more),
    });
  });

  test("no more is under way than the window has room for", () => {
    const stage = ordering(impatient(100, { limits: { ...usual.limits, windowSlots: 1 } }));
    const sent = ofKind(stage.turn([client, request(a)], [client, request(b)]), "Append");
    expect(sent[0]).toMatchObject({ from: 2, commands: carried(a) });
    const next = stage.votes(5, { 1: [2, a], 2: [2, a], 4: [2, a] });
    expect(ofKind(next, "Append")[0]).toMatchObject({ from: 3, commands: carried(b) });
  });

  test("a full instance is closed in the same ballot, and the next one begins classic, too", () => {
    const stage = ordering(impatient(100, { limits: { ...usual.limits, historyCommands: 3 } }));
    const [full] = ofKind(stage.turn([client, request(a)], [client, request(b)]), "Append");
    expect(full).toMatchObject({ from: 2, commands: carried(a, checkpoint) });
    expect(ofKind(stage.turn([client, request(Uint8Array.of(7))]), "Append")).toEqual([]);
    const next = stage.votes(5, { 1: [2, a, checkpoint], 2: [2, a, checkpoint], 3: [2, a, checkpoint] });
    expect(ofKind(next, "Accept")[0]).toMatchObject({
      ballot: 5,
      slot: 5,
      commitPoint: 4,
      isClassic: true,
      history: [],
    });
    expect(ofKind(next, "Append")[0]).toMatchObject({ slot: 5, from: 0, commands: carried(b, Uint8Array.of(7)) });
  });

  test("what an acceptor has not voted for in time is sent to it again, and nothing to the others", () => {
    const stage = ordering(impatient(100));
    stage.turn([client, request(a)]);
    stage.votes(5, { 1: [2, a], 2: [2, a], 3: [2, a] });
    const again = Array.from({ length: usual.timing.retryTicks }, () => ofKind(stage.tick(), "Append")).flat();
    expect(again).toEqual([{ kind: "Append", ballot: 5, slot: 1, from: 2, commands: carried(a), to: acceptor(4) }]);
  });

  test("it comes back to a fast ballot in time, and hands on what waited meanwhile", () => {
    const stage = ordering(impatient(12));
    const prepares = (): readonly Message[] => {
      for (const node of nodes)
        stage.turn([acceptor(node), { kind: "HeartbeatAck", ballot: 5, chosenThrough: 0, slot: 0, accepted: 0 }]);
      return ofKind(stage.tick(), "Prepare");
    };
    const ticks = Array.from({ length: 12 }, () => prepares().length);
    expect(ticks).toEqual([...Array.from({ length: 11 }, () => 0), 4]);
    expect(stage.turn([acceptor(1), request(a)])).toEqual([]);
    const sent = stage.promised(9, [c, d], [c, d], [c, d]);
    expect(ofKind(sent, "Accept")[0]).toMatchObject({ ballot: 9, isClassic: false });
    expect(ofKind(sent, "Request").map(({ to, command }) => [to, command])).toEqual(
      nodes.map((node) => [acceptor(node), a]),
    );
  });
});

describe("a request", () => {
  test("that comes late goes to all acceptors from a leader, and from others back to its client", () => {
    expect(ofKind(leading().turn([client, request(a)]), "Request").map(({ to }) => to)).toEqual(nodes.map(acceptor));
    const stage = new Stage();
    stage.turn([addressOf("proposer", 2), { kind: "Heartbeat", ballot: 2, commitPoint: 0, chosen: 0 }]);
    const redirect: Message = { kind: "Redirect", sequence: 7, leader: 2 };
    expect(stage.turn([client, request(a)])).toEqual([{ to: client, message: redirect }]);
    // An acceptor that takes it for the leader needs no answer.
    expect(stage.turn([acceptor(1), request(a)])).toEqual([]);
  });

  test("that finds the queue of a leader full is refused", () => {
    const stage = new Stage(configurationOf(4, { limits: { ...usual.limits, queueBytes: 2 } })).prepares();
    expect(stage.turn([client, request(a)], [client, request(b)], [acceptor(1), request(c)])).toEqual([]);
    const refused: Message = { kind: "Overloaded", sequence: 7 };
    expect(stage.turn([client, request(c)])).toEqual([{ to: client, message: refused }]);
  });
});
