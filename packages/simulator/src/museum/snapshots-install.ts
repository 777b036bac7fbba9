/**
 * Bugs of a replica that takes a snapshot from another node.
 */
import { Replication, splitMemberships, type Backing } from "@synod/driver";
import type { multi, RoleStatus } from "@synod/protocol";
import type { MultiReplicationOptions } from "../protocols/multi.ts";
import type { Exhibit } from "./exhibit.ts";
import { multiWith } from "./multi-exhibits.ts";
import { PatchedRole } from "./patched-role.ts";
import { changed, joined } from "./snapshots-bytes.ts";

const snapshotOverNewerState: Exhibit = {
  name: "snapshot-over-newer-state",
  title: "A snapshot that comes late is installed over a state that is newer",
  story:
    "A snapshot that was asked for may come twice, or after the log has brought the replica further. OpenRaft installed " +
    "it all the same: the state went back, and the count of what had been applied did not, so that the commands between " +
    "the two were lost on that node. etcd's raft had learned the same in 2014.",
  source: "databendlabs/openraft pull request 543 (2022); etcd-io/etcd pull request 1837 (2014)",
  simulation: multiWith({
    learner: (learner) =>
      new PatchedRole<multi.Message, multi.Entry, multi.Delivery>(learner, () => ({
        step(from, message, step, out) {
          if (message.kind === "SnapshotPart" && isWhole(message)) out.deliver.push({ ...message, kind: "part" });
          else step(from, message);
        },
      })),
    replication: (options) => new EagerReplication(options),
  }),
  options: { faults: ["node-crash", "duplication", "loss"] },
};

function isWhole({ offset, sizeBytes, bytes }: Pick<multi.SnapshotPart, "offset" | "sizeBytes" | "bytes">): boolean {
  return offset === 0 && sizeBytes > 0 && bytes.length === sizeBytes;
}

/** Installs every whole snapshot that comes. */
class EagerReplication implements Backing<multi.Message, multi.Entry, multi.Delivery> {
  readonly #options: MultiReplicationOptions;
  readonly #real: Replication<multi.Message, multi.Entry>;

  constructor(options: MultiReplicationOptions) {
    this.#options = options;
    this.#real = new Replication(options);
  }

  recover(): number {
    return this.#real.recover();
  }

  deliver(delivery: multi.Delivery): void {
    if (delivery.kind !== "part" || !isWhole(delivery)) return this.#real.deliver(delivery);
    const { replica, learner, act } = this.#options;
    const slot = Math.max(delivery.slot, replica.appliedSlot);
    const { memberships, parts } = splitMemberships([delivery.bytes]);
    replica.restore([changed(joined(parts), (snapshot) => ({ ...snapshot, slot }))], slot);
    act((out) => learner.installed(slot, out, memberships));
  }

  status(): RoleStatus {
    return this.#real.status();
  }

  close(): void {
    this.#real.close();
  }
}

export const snapshotInstallExhibits: readonly Exhibit[] = [snapshotOverNewerState];
