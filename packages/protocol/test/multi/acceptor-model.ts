/**
 * The acceptor's rules once more, as plain as can be: a state that is never changed, and a table of what follows.
 */
import { unchanged } from "../../src/index.ts";
import type { Envelope } from "../../src/index.ts";
import type { Chosen, Entry, Message } from "../../src/multi/index.ts";
import { acceptor, learner, nothing, type Did } from "./stage.ts";

export interface Vote {
  readonly ballot: number;
  readonly value: Uint8Array;
}

export interface Model {
  readonly promised: number;
  /** What the last durable promise counts as chosen. */
  readonly recorded: number;
  readonly log: ReadonlyMap<number, Vote>;
  readonly trimmed: number;
  readonly chosen: number;
  /** The ballot and commit point of the newest leader heard. */
  readonly leader: { readonly ballot: number; readonly commit: number };
  readonly silent: boolean;
}

export const newModel: Model = {
  promised: 0,
  recorded: 0,
  log: new Map(),
  trimmed: 0,
  chosen: 0,
  leader: { ballot: 0, commit: 0 },
  silent: true,
};

export interface Expected {
  readonly did: Did;
  readonly next: Model;
}

const ownNode = 1;

/** Slots whose vote is of the ballot of the leader that counts them as chosen are chosen, from the first open one on. */
function provedBy(model: Model): Model {
  const { ballot, commit } = model.leader;
  const first = model.chosen + 1;
  if (first > commit || model.log.get(first)?.ballot !== ballot) return model;
  return provedBy({ ...model, chosen: first });
}

function hearing(model: Model, ballot: number, commit: number): Model {
  if (ballot < model.leader.ballot) return model;
  const newer = ballot > model.leader.ballot;
  return provedBy({ ...model, leader: { ballot, commit: newer ? commit : Math.max(commit, model.leader.commit) } });
}

/** A promise is recorded when it is new, or tells of more chosen slots than the record. */
function promising(model: Model, ballot: number): { readonly next: Model; readonly persist: readonly Entry[] } {
  if (ballot === model.promised && model.chosen <= model.recorded) return { next: model, persist: [] };
  const next = { ...model, promised: ballot, recorded: model.chosen };
  return { next, persist: [{ kind: "Prepare", ballot, from: model.chosen + 1 }] };
}

function mended(model: Model, { from, values }: Chosen): Model {
  const log = new Map(model.log);
  let { chosen } = model;
  values.forEach(({ value }, index) => {
    if (from + index !== chosen + 1) return;
    chosen += 1;
    log.set(chosen, { ballot: log.get(chosen)?.ballot ?? 0, value });
  });
  return provedBy({ ...model, log, chosen });
}

/** What an acceptor on node 1 of three does with a message from `from`, and what it is afterwards. */
export function expected(model: Model, from: number, message: Message, everyLearner: boolean): Expected {
  const idle: Expected = { did: nothing, next: model };
  const toSender = (answer: Message): Envelope<Message>[] => [{ to: from, message: answer }];
  const asks = message.kind === "Prepare" || message.kind === "Accept" || message.kind === "Heartbeat";
  if (asks && message.ballot < model.promised) {
    const rejected: Message = { kind: "Rejected", ballot: message.ballot, promised: model.promised };
    return { did: { ...nothing, send: toSender(rejected) }, next: model };
  }
  switch (message.kind) {
    case "Prepare": {
      const { next, persist } = promising(model, message.ballot);
      const open = [...model.log].filter(([slot]) => slot >= message.from && slot > model.chosen);
      const accepted = open.sort(([a], [b]) => a - b).map(([slot, vote]) => ({ slot, ...vote }));
      const { ballot } = message;
      const answer: Message = {
        ...message,
        kind: "Promised",
        ballot,
        chosenThrough: model.chosen,
        accepted,
        next: 0,
        memberships: unchanged,
      };
      return { did: { ...nothing, persist, sendAfterPersist: toSender(answer) }, next: { ...next, silent: false } };
    }
    case "Accept": {
      const { ballot, slot, commitPoint, value } = message;
      const vote: Message = { kind: "Accepted", ballot, slot };
      if (slot <= model.trimmed) {
        const { next, persist } = promising(model, ballot);
        return { did: { ...nothing, persist, sendAfterPersist: toSender(vote) }, next: { ...next, silent: false } };
      }
      const before = model.log.get(slot);
      const kept = before !== undefined && slot <= model.chosen ? before.value : value;
      const log = new Map([...model.log, [slot, { ballot, value: kept }]]);
      const owner = ((ballot - 1) % 3) + 1;
      const told = everyLearner ? [2, 3] : owner === ownNode ? [] : [owner];
      return {
        did: {
          ...nothing,
          persist: before?.ballot === ballot ? [] : [message],
          sendAfterPersist: [
            ...toSender(vote),
            { to: learner(ownNode), message: { kind: "AcceptedValue", ballot, slot, commitPoint, value } },
            ...told.map((node) => ({ to: learner(node), message: vote })),
          ],
        },
        next: hearing({ ...model, promised: ballot, log, silent: false }, ballot, commitPoint),
      };
    }
    case "Heartbeat": {
      const { ballot, round, commitPoint } = message;
      const next = hearing({ ...model, silent: false }, ballot, commitPoint);
      const answer: Message = { kind: "HeartbeatAck", ballot, round, chosenThrough: next.chosen };
      return { did: { ...nothing, send: toSender(answer) }, next };
    }
    case "Probe": {
      const { promised, silent } = model;
      // What it says that it knows is on its disk, as with a promise.
      const { next, persist } = promising(model, promised);
      const answer: Message = {
        kind: "ProbeReply",
        round: message.round,
        promised,
        leaderSilent: silent,
        chosenThrough: model.chosen,
        memberships: unchanged,
      };
      return { did: { ...nothing, persist, sendAfterPersist: toSender(answer) }, next };
    }
    case "CatchUp": {
      const values: { readonly value: Uint8Array }[] = [];
      for (let slot = message.from; slot <= model.chosen; slot++) {
        const vote = model.log.get(slot);
        if (vote === undefined) break;
        values.push({ value: vote.value });
      }
      const answer: Message = { kind: "Chosen", from: message.from, values, trimmedThrough: model.trimmed };
      return { did: { ...nothing, send: toSender(answer) }, next: model };
    }
    case "Chosen": {
      const trusted = [learner(ownNode), acceptor(2), acceptor(3)].includes(from);
      const last = message.from + message.values.length - 1;
      if (!trusted || message.from > model.chosen + 1 || last <= model.chosen) return idle;
      return { did: { ...nothing, persist: [message] }, next: mended(model, message) };
    }
    case "Trim": {
      const { slot } = message;
      if (from !== learner(ownNode) || slot <= model.trimmed) return idle;
      const log = new Map([...model.log].filter(([each]) => each > slot));
      const next = provedBy({ ...model, log, trimmed: slot, chosen: Math.max(model.chosen, slot) });
      return { did: { ...nothing, persist: [message], trimThrough: slot }, next };
    }
    default:
      return idle;
  }
}
