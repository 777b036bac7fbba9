/**
 * The operations of a history: the events of each, put together.
 */
import { HistoryError } from "../world/history-lines.ts";
import type { HistoryEvent } from "../world/history.ts";
import type { Answered, Asked } from "../world/model.ts";

/** An operation of a client, from its beginning to its end. */
export interface ClientOperation extends Asked {
  readonly process: number;
  readonly key: string;
  /** Undefined when its end is unknown: it may take effect at any time after it began, or never. */
  readonly answered: Answered | undefined;
  /** Microseconds. */
  readonly beganAt: number;
  /** Microseconds; infinity when its end is unknown. */
  readonly endedAt: number;
  /** Where its events are in the history: an operation precedes another when it ends before that begins. */
  readonly begin: number;
  readonly end: number;
}

/**
 * The operations that took effect or may have, by key, in the order in which they began. Those that failed are left
 * out: whoever saw one of them saw what nobody wrote.
 *
 * @throws HistoryError when the events are not those of clients that do one thing at a time
 */
export function operationsByKey(events: readonly HistoryEvent[]): ReadonlyMap<string, readonly ClientOperation[]> {
  const pairs = pairsOf(events);
  const keys = new Map<string, ClientOperation[]>();
  for (const [begin, { process, f, key, value, time }] of events.entries()) {
    const end = pairs.get(begin);
    if (end === undefined) continue;
    const ended = events[end];
    if (ended?.type === "fail") continue;
    const known = ended?.type === "ok";
    const operations = keys.get(key) ?? [];
    keys.set(key, operations);
    operations.push({
      process,
      f,
      key,
      asked: value,
      answered: known ? { answer: ended.value } : undefined,
      beganAt: time,
      endedAt: known ? ended.time : Infinity,
      begin,
      end: known ? end : Infinity,
    });
  }
  return keys;
}

/** From each beginning to its end, by their places; to infinity when it has none. */
function pairsOf(events: readonly HistoryEvent[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  const under = new Map<number, number>();
  const unsure = new Set<number>();
  let latest = 0;
  for (const [place, event] of events.entries()) {
    const { process, type, f, key, time } = event;
    const refuse = (field: string, expected: string, found: unknown): never => {
      throw new HistoryError(place + 1, field, expected, found);
    };
    if (!(time >= latest)) refuse("time", `${latest} or later, as events are in the order of time`, time);
    latest = time;
    const begin = under.get(process);
    if (type === "invoke") {
      if (begin !== undefined) refuse("process", `one that is free: line ${begin + 1} has not ended`, process);
      if (unsure.has(process)) refuse("process", "another process after an unknown end", process);
      under.set(process, place);
      pairs.set(place, Infinity);
      continue;
    }
    const began = begin === undefined ? undefined : events[begin];
    if (begin === undefined || began === undefined) return refuse("type", "invoke: this process does nothing", type);
    if (began.f !== f) refuse("f", `${JSON.stringify(began.f)}, as line ${begin + 1} has it`, f);
    if (began.key !== key) refuse("key", `${JSON.stringify(began.key)}, as line ${begin + 1} has it`, key);
    under.delete(process);
    pairs.set(begin, place);
    if (type === "info") unsure.add(process);
  }
  return pairs;
}
