/**
 * Sessions against a model that keeps everything: clients that retry, reorder, give up and acknowledge as they like,
 * and replicas that restart from snapshots at any point.
 */
import { addressOf } from "@synod/protocol";
import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeOpen, Replica, ReplyReader, RequestWriter, type Reply, type StateMachine } from "../src/index.ts";

const client = addressOf("client", 3);

/** Replies how many commands have run, so that no two replies are the same: what runs twice is seen. */
function newCounter(): StateMachine {
  let count = 0;
  return {
    name: "counter/1",
    apply(command, reply) {
      command.end("count");
      reply.u32((count += 1));
    },
    query(query) {
      throw new DecodeError("query", query.offset, "none");
    },
    snapshot() {
      const writer = new ByteWriter();
      writer.u32(count);
      return [new Uint8Array(0), writer.take()];
    },
    restore(parts) {
      const bytes = Buffer.concat([...parts]);
      count = new ByteReader(bytes).u32("count");
    },
  };
}

interface ModelSession {
  next: number;
  acknowledged: number;
  /** What each request that ran was answered, by its sequence. */
  readonly ran: Map<number, number[]>;
}

class Model {
  readonly sessions: ModelSession[] = [];
  #count = 0;

  open(): Answer {
    this.sessions.push({ next: 1, acknowledged: 1, ran: new Map() });
    return { kind: "opened", nonce: 0, session: this.sessions.length };
  }

  request(id: number, sequence: number, acknowledged: number, commands: number): Answer | undefined {
    const session = this.sessions[id - 1];
    if (session === undefined) return { kind: "expired", session: id, sequence };
    session.acknowledged = Math.max(session.acknowledged, acknowledged);
    session.next = Math.max(session.next, session.acknowledged);
    if (sequence < session.acknowledged) return undefined;
    if (sequence > session.next) return { kind: "outOfOrder", session: id, sequence, expected: session.next };
    if (sequence === session.next) {
      session.next += 1;
      session.ran.set(
        sequence,
        Array.from({ length: commands }, () => (this.#count += 1)),
      );
    }
    const counts = session.ran.get(sequence) ?? [];
    return { kind: "done", session: id, sequence, count: counts.length, counts };
  }
}

type Answer = Reply & { readonly counts?: readonly number[] };

const steps = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("open" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant("request" as const),
        session: fc.integer({ min: 1, max: 3 }),
        /** From the next sequence: 0 is in order, below is a retry, above is early. */
        step: fc.constantFrom(0, 0, 0, 0, -1, -2, -5, 1, 2),
        /** Up to this many sequences below the next are not acknowledged; below 0, some are given up. */
        outstanding: fc.integer({ min: -1, max: 6 }),
        commands: fc.integer({ min: 0, max: 3 }),
      }),
    },
  ),
  { minLength: 10, maxLength: 80 },
);

test("each request runs once, in order, and its reply is there until it is acknowledged", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      let replica = new Replica({ machine: newCounter(), node: 1 });
      const twin = new Replica({ machine: newCounter(), node: 2 });
      const apply = (value: Uint8Array): Answer | undefined => {
        const answers: Answer[] = [];
        replica.apply(replica.appliedSlot + 1, value, (_client, bytes) => answers.push(answerOf(bytes)));
        twin.apply(replica.appliedSlot, value, () => expect.unreachable("it answers for another node"));
        expect(answers.length).toBeLessThan(2);
        return answers[0];
      };
      expect(apply(encodeOpen({ client, replyTo: 1 }, 0))).toEqual(model.open());
      for (const step of all) {
        switch (step.kind) {
          case "open":
            expect(apply(encodeOpen({ client, replyTo: 1 }, 0))).toEqual(model.open());
            break;
          case "restart": {
            const parts = [...replica.snapshot()];
            replica = new Replica({ machine: newCounter(), node: 1 });
            replica.restore(parts);
            break;
          }
          case "request": {
            const next = model.sessions[step.session - 1]?.next ?? 1;
            const sequence = Math.max(1, next + step.step);
            const acknowledged = Math.max(1, next - step.outstanding);
            const expected = model.request(step.session, sequence, acknowledged, step.commands);
            expect(apply(request(step.session, sequence, acknowledged, step.commands))).toEqual(expected);
            break;
          }
        }
        expect(replica.digest()).toBe(twin.digest());
      }
    }),
    { numRuns: 300 },
  );
});

function request(session: number, sequence: number, acknowledged: number, commands: number): Uint8Array {
  const requests = new RequestWriter();
  requests.begin({ client, replyTo: 1, session, sequence, acknowledged });
  for (let i = 0; i < commands; i++) requests.add(() => undefined);
  return requests.take();
}

function answerOf(bytes: Uint8Array): Answer {
  const reader = new ReplyReader();
  const reply = reader.read(bytes);
  if (reply.kind !== "done") return reply;
  const counts: number[] = [];
  reader.visit({
    reply: (_index, count) => counts.push(count.u32("count")),
    refused: (_index, reason) => expect.unreachable(reason),
  });
  return { ...reply, counts };
}
