import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import { describe, expect, test } from "vitest";
import { stateMachineCases, type Case, type Subject } from "../src/compliance.ts";
import { KeyValueMachine, type StateMachine } from "../src/index.ts";
import { bank, keyValue, keyValueSubject } from "./subjects.ts";

describe.each([
  ["the key-value machine", keyValue],
  ["a JSON machine", bank],
])("%s", (_name, subject) => {
  test.each(stateMachineCases)("$name", ({ run }) => run(subject));
});

interface Broken {
  /** The case that must find it. */
  readonly fails: string;
  readonly subject: Subject;
}

/** A key-value machine with one thing changed. */
function broken(fails: string, change: (good: StateMachine) => Partial<StateMachine>): Broken {
  const subject = keyValueSubject(() => {
    const good = new KeyValueMachine();
    return {
      name: good.name,
      apply: (command, reply) => good.apply(command, reply),
      query: (query, reply) => good.query(query, reply),
      snapshot: () => good.snapshot(),
      restore: (parts) => good.restore(parts),
      ...change(good),
    };
  });
  return { fails, subject };
}

function isEmpty(machine: StateMachine): boolean {
  return [...machine.snapshot()].every((part) => part.length === 4);
}

let calls = 0;

const brokenMachines: Readonly<Record<string, Broken>> = {
  "answers by chance": broken("the same commands give the same replies and the same state", (good) => ({
    apply(command, reply) {
      good.apply(command, reply);
      reply.u8((calls += 1) & 0xff);
    },
  })),
  "never changes": broken("commands change the state, and queries see it", (good) => ({
    apply: (command, reply) => new KeyValueMachine().apply(command, reply),
    query: (query, reply) => good.query(query, reply),
  })),
  "writes when asked": broken("a query changes nothing", (good) => ({
    query(query, reply) {
      good.query(query, reply);
      good.apply(new ByteReader(Uint8Array.of(1, 0, 0, 0, 0, 33)), new ByteWriter());
    },
  })),
  "writes its reply from the front": broken("a reply is added to what was written before it", (good) => ({
    apply(command, reply) {
      reply.clear();
      good.apply(command, reply);
    },
  })),
  "takes its snapshot late": broken("a snapshot is of the instant of the call, while commands go on", (good) => ({
    *snapshot() {
      yield* good.snapshot();
    },
  })),
  "restores on top of what is there": broken("restoring replaces the state rather than adding to it", (good) => ({
    restore(parts) {
      const wasEmpty = isEmpty(good);
      good.restore(parts);
      if (!wasEmpty) good.apply(new ByteReader(Uint8Array.of(0, 0, 0, 0, 0)), new ByteWriter());
    },
  })),
  "needs the cuts of its own snapshot": broken(
    "a snapshot restores the state from any other cuts of its bytes",
    (good) => ({
      restore: (parts) => good.restore([...parts].slice(0, 1)),
    }),
  ),
  "depends on where a command lies": broken("a command is read within its window only", (good) => {
    let end = 0;
    return {
      apply(command, reply) {
        good.apply(command, reply);
        end = command.offset;
      },
      snapshot: () => [...good.snapshot(), Uint8Array.of(end & 0xff)],
      restore(parts) {
        const bytes = Buffer.concat([...parts]);
        good.restore([bytes.subarray(0, -1)]);
        end = bytes.at(-1) ?? 0;
      },
    };
  }),
  "lets a malformed command through": broken("a malformed command is refused, and changes nothing", (good) => ({
    apply(command, reply) {
      try {
        good.apply(command, reply);
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
        reply.u8(0);
      }
    },
  })),
  "changes before it refuses": broken("a malformed command is refused, and changes nothing", (good) => ({
    apply(command, reply) {
      try {
        good.apply(command, reply);
      } catch (failure) {
        good.apply(new ByteReader(Uint8Array.of(1, 0, 0, 0, 0, 33)), new ByteWriter());
        throw failure;
      }
    },
  })),
  "takes half a snapshot for a whole one": broken(
    "a snapshot that is cut short or goes on too long is refused, and changes nothing",
    (good) => ({
      restore(parts) {
        const taken: Uint8Array[] = [];
        try {
          for (const part of parts) taken.push(part);
        } catch (failure) {
          if (!(failure instanceof DecodeError)) throw failure;
          taken.push(Uint8Array.of(255, 255, 255, 255));
        }
        good.restore(taken);
      },
    }),
  ),
  "loses commands while a snapshot is under way": broken(
    "commands during a snapshot are not lost, whether it ends or is dropped",
    (good) => {
      let kept = good;
      return {
        apply: (command, reply) => kept.apply(command, reply),
        query: (query, reply) => good.query(query, reply),
        *snapshot() {
          const parts = [...good.snapshot()];
          kept = new KeyValueMachine();
          kept.restore(parts);
          yield* parts;
          kept = good;
        },
      };
    },
  ),
  "gives out the buffer it writes on": broken("the parts of a snapshot stay as they were", (good) => {
    const scratch = new Uint8Array(64 * 1024);
    return {
      *snapshot() {
        for (const part of good.snapshot()) {
          scratch.set(part);
          yield scratch.subarray(0, part.length);
          scratch.fill(0);
        }
      },
    };
  }),
};

describe("a broken machine fails", () => {
  test.each(Object.entries(brokenMachines))("one that %s", (_name, { fails, subject }) => {
    const failed = stateMachineCases.filter((one) => complaint(one, subject) !== undefined);
    expect(failed.map(({ name }) => name)).toContain(fails);
    expect(failed.length).toBeLessThan(stateMachineCases.length);
  });
});

function complaint({ run }: Case, subject: Subject): unknown {
  try {
    run(subject);
    return undefined;
  } catch (failure) {
    return failure;
  }
}
