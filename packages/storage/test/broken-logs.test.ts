import { describe, expect, test } from "vitest";
import { FileLog, type Log, type StorageError } from "@synod/storage";
import { logCompliance, type NewPlace } from "@synod/storage/compliance";
import { FaultyFiles } from "@synod/storage/faults";
import { faultyLogPlace } from "./places.ts";

/** A log that does all that the one inside it does, until a subclass breaks something. */
class Wrapped implements Log {
  protected readonly inner: Log;

  constructor(inner: Log) {
    this.inner = inner;
  }

  get segmentBytes() {
    return this.inner.segmentBytes;
  }
  get sizeBytes() {
    return this.inner.sizeBytes;
  }
  recover(visit: (record: Uint8Array) => void) {
    return this.inner.recover(visit);
  }
  append(record: Uint8Array, position: number) {
    this.inner.append(record, position);
  }
  sync(done: (failure?: StorageError) => void) {
    this.inner.sync(done);
  }
  rotate(checkpoint: readonly Uint8Array[]) {
    this.inner.rotate(checkpoint);
  }
  trim(position: number) {
    this.inner.trim(position);
  }
  close() {
    this.inner.close();
  }
}

/** All records that a log recovers, given to `visit` as `change` says. */
function recoverChanged(
  log: Log,
  visit: (record: Uint8Array) => void,
  change: (records: readonly Uint8Array[]) => readonly Uint8Array[],
) {
  const records: Uint8Array[] = [];
  const recovery = log.recover((record) => records.push(record));
  for (const record of change(records)) visit(record);
  return recovery;
}

const broken: Readonly<Record<string, new (inner: Log) => Log>> = {
  "loses the last record": class extends Wrapped {
    override recover(visit: (record: Uint8Array) => void) {
      return recoverChanged(this.inner, visit, (records) => records.slice(0, -1));
    }
  },
  "gives records back in another order": class extends Wrapped {
    override recover(visit: (record: Uint8Array) => void) {
      return recoverChanged(this.inner, visit, (records) => records.toReversed());
    }
  },
  "gives back a torn record": class extends Wrapped {
    override recover(visit: (record: Uint8Array) => void) {
      return recoverChanged(this.inner, visit, (records) => records.map((record) => record.subarray(0, 4096)));
    }
  },
  "gives a record back twice": class extends Wrapped {
    override recover(visit: (record: Uint8Array) => void) {
      return recoverChanged(this.inner, visit, (records) => [...records, ...records.slice(-1)]);
    }
  },
  "reuses the memory of a recovered record": class extends Wrapped {
    readonly #memory = new Uint8Array(2_000_000);
    override recover(visit: (record: Uint8Array) => void) {
      return this.inner.recover((record) => {
        this.#memory.set(record);
        visit(this.#memory.subarray(0, record.length));
      });
    }
  },
  "keeps the caller's bytes instead of taking them": class extends Wrapped {
    readonly #pending: (readonly [Uint8Array, number])[] = [];
    override append(record: Uint8Array, position: number) {
      this.#pending.push([record, position]);
    }
    override sync(done: (failure?: StorageError) => void) {
      for (const [record, position] of this.#pending.splice(0)) this.inner.append(record, position);
      this.inner.sync(done);
    }
  },
  "reports done before it is durable": class extends Wrapped {
    override sync(done: (failure?: StorageError) => void) {
      done();
    }
  },
  "reports a sync twice": class extends Wrapped {
    override sync(done: (failure?: StorageError) => void) {
      this.inner.sync(done);
      this.inner.sync(done);
    }
  },
  "ignores the position of a trim": class extends Wrapped {
    override trim() {
      this.inner.trim(Number.MAX_SAFE_INTEGER);
    }
  },
  "trims one slot too much": class extends Wrapped {
    override trim(position: number) {
      this.inner.trim(position + 1);
    }
  },
  "trims one slot too little": class extends Wrapped {
    override trim(position: number) {
      this.inner.trim(position - 1);
    }
  },
  "never trims": class extends Wrapped {
    override trim() {
      // That is what is broken.
    }
  },
  "forgets the positions of records": class extends Wrapped {
    override append(record: Uint8Array) {
      this.inner.append(record, 0);
    }
  },
  "forgets the checkpoint": class extends Wrapped {
    override rotate() {
      this.inner.rotate([]);
    }
  },
  "appends the checkpoint to the old segment": class extends Wrapped {
    override rotate(checkpoint: readonly Uint8Array[]) {
      for (const record of checkpoint) this.inner.append(record, 0);
      this.inner.rotate([]);
    }
  },
  "rotates without making it durable": class extends Wrapped {
    override rotate(checkpoint: readonly Uint8Array[]) {
      this.inner.rotate([]);
      for (const record of checkpoint) this.inner.append(record, 0);
    }
  },
  "does not rotate": class extends Wrapped {
    override rotate(checkpoint: readonly Uint8Array[]) {
      for (const record of checkpoint) this.inner.append(record, 0);
    }
  },
  "counts no bytes": class extends Wrapped {
    override get segmentBytes() {
      return 0;
    }
  },
};

async function failures(newPlace: NewPlace<Log>): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of logCompliance) {
    await run(newPlace).catch(() => failed.push(name));
  }
  return failed;
}

describe("the log suite", () => {
  test("passes the log that the broken ones are made of", async () => {
    const newPlace = () => {
      const place = faultyLogPlace();
      return { ...place, open: () => new Wrapped(place.open()) };
    };
    expect(await failures(newPlace)).toEqual([]);
  });

  test.each(Object.entries(broken))("fails a log that %s", async (_, Broken) => {
    const newPlace = () => {
      const place = faultyLogPlace();
      return { ...place, open: () => new Broken(place.open()) };
    };
    expect(await failures(newPlace)).not.toEqual([]);
  });

  test("fails a log over files whose folder syncs do nothing", async () => {
    const newPlace = () => {
      let files = withoutFolderSyncs(new FaultyFiles());
      return {
        open: () => new FileLog("data", files),
        crash: () => {
          files = withoutFolderSyncs(files.crash({ piece: () => 0, name: () => false }));
        },
      };
    };
    expect(await failures(newPlace)).not.toEqual([]);
  });
});

function withoutFolderSyncs(files: FaultyFiles): FaultyFiles {
  files.syncFolder = () => undefined;
  return files;
}
