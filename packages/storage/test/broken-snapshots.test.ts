import { describe, expect, test } from "vitest";
import type { SnapshotInfo, SnapshotStore, SnapshotWriter } from "@synod/storage";
import { snapshotCompliance, type NewPlace } from "@synod/storage/compliance";
import { faultySnapshotPlace } from "./places.ts";

/** A store that does all that the one inside it does, until a subclass breaks something. */
class Wrapped implements SnapshotStore {
  protected readonly inner: SnapshotStore;

  constructor(inner: SnapshotStore) {
    this.inner = inner;
  }

  latest(): SnapshotInfo | undefined {
    return this.inner.latest();
  }
  read(slot: number, offset: number, sizeBytes: number): Uint8Array | undefined {
    return this.inner.read(slot, offset, sizeBytes);
  }
  begin(slot: number): SnapshotWriter {
    return this.inner.begin(slot);
  }
  close(): void {
    this.inner.close();
  }
}

const broken: Readonly<Record<string, new (inner: SnapshotStore) => SnapshotStore>> = {
  "has no newest snapshot": class extends Wrapped {
    override latest() {
      return undefined;
    }
  },
  "forgets the slot": class extends Wrapped {
    override latest() {
      const latest = this.inner.latest();
      return latest && { ...latest, slot: latest.slot + 1 };
    }
  },
  "ignores the slot that is asked for": class extends Wrapped {
    override read(_slot: number, offset: number, sizeBytes: number) {
      return this.inner.read(this.inner.latest()?.slot ?? 0, offset, sizeBytes);
    }
  },
  "ignores the offset": class extends Wrapped {
    override read(slot: number, _offset: number, sizeBytes: number) {
      return this.inner.read(slot, 0, sizeBytes);
    }
  },
  "reads past a part's end": class extends Wrapped {
    override read(slot: number, offset: number, sizeBytes: number) {
      return this.inner.read(slot, offset, sizeBytes + 1);
    }
  },
  "loses the last part": class extends Wrapped {
    override begin(slot: number) {
      const writer = this.inner.begin(slot);
      let held: Uint8Array | undefined;
      return {
        ...writer,
        append: (bytes: Uint8Array) => {
          if (held !== undefined) writer.append(held);
          held = bytes.slice();
        },
      };
    }
  },
  "keeps the caller's bytes instead of taking them": class extends Wrapped {
    override begin(slot: number) {
      const writer = this.inner.begin(slot);
      const parts: Uint8Array[] = [];
      return {
        ...writer,
        append: (bytes: Uint8Array) => {
          parts.push(bytes);
        },
        commit: (done: Parameters<SnapshotWriter["commit"]>[0]) => {
          for (const part of parts) writer.append(part);
          writer.commit(done);
        },
      };
    }
  },
  "reports done without committing": class extends Wrapped {
    override begin(slot: number) {
      return { ...this.inner.begin(slot), commit: (done: Parameters<SnapshotWriter["commit"]>[0]) => done() };
    }
  },
  "reports done twice": class extends Wrapped {
    override begin(slot: number) {
      const writer = this.inner.begin(slot);
      return {
        ...writer,
        commit: (done: Parameters<SnapshotWriter["commit"]>[0]) =>
          writer.commit((failure) => {
            done(failure);
            done(failure);
          }),
      };
    }
  },
  "commits what is abandoned": class extends Wrapped {
    override begin(slot: number) {
      const writer = this.inner.begin(slot);
      return { ...writer, abandon: () => writer.commit(() => undefined) };
    }
  },
  "shows a snapshot that is not committed": class extends Wrapped {
    #begun: number | undefined;
    override begin(slot: number) {
      this.#begun = slot;
      return this.inner.begin(slot);
    }
    override read(slot: number, offset: number, sizeBytes: number) {
      return this.inner.read(slot, offset, sizeBytes) ?? (slot === this.#begun ? new Uint8Array(0) : undefined);
    }
  },
  "takes an older snapshot": class extends Wrapped {
    override begin(slot: number) {
      return this.inner.begin(Math.max(slot, this.inner.latest()?.slot ?? 0));
    }
  },
  "reuses the memory of what was read": class extends Wrapped {
    readonly #memory = new Uint8Array(400_000);
    override read(slot: number, offset: number, sizeBytes: number) {
      const bytes = this.inner.read(slot, offset, sizeBytes);
      if (bytes === undefined) return undefined;
      this.#memory.set(bytes);
      return this.#memory.subarray(0, bytes.length);
    }
    override begin(slot: number) {
      this.#memory.fill(0);
      return this.inner.begin(slot);
    }
  },
};

async function failures(newPlace: NewPlace<SnapshotStore>): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of snapshotCompliance) {
    await run(newPlace).catch(() => failed.push(name));
  }
  return failed;
}

describe("the snapshot suite", () => {
  test("passes the store that the broken ones are made of", async () => {
    const newPlace = () => {
      const place = faultySnapshotPlace();
      return { ...place, open: () => new Wrapped(place.open()) };
    };
    expect(await failures(newPlace)).toEqual([]);
  });

  test.each(Object.entries(broken))("fails a store that %s", async (_, Broken) => {
    const newPlace = () => {
      const place = faultySnapshotPlace();
      return { ...place, open: () => new Broken(place.open()) };
    };
    expect(await failures(newPlace)).not.toEqual([]);
  });
});
