/**
 * Primary-backup with a view server in the world. It is there to be compared: a primary that is cut off and not dead
 * goes on beside the new one, and the run then says so.
 */
import { addressOf, commit, majority, noSuchRole, type RoleMachine } from "@synod/protocol";
import type { Cast, Setting, SimulatedProtocol } from "../world/protocol.ts";
import { keyValueModel } from "./key-value-model.ts";
import { PrimaryBackupPerson } from "./primary-backup-person.ts";
import { PrimaryBackupWatcher } from "./primary-backup-watcher.ts";
import { openRoleLog } from "./role-log.ts";
import { commitKeys, commitSeconds, drawTransactions } from "./transaction-cast.ts";

type Message = commit.primaryBackup.Message;
type Entry = commit.primaryBackup.Entry;
type Configuration = commit.primaryBackup.Configuration;
export type PrimaryBackupRole = RoleMachine<Message, Entry, never>;

const { configurationOf, viewServerNode } = commit.primaryBackup;

/** What a run is made of: all real, unless a museum's exhibit replaces a part. */
export interface PrimaryBackupParts {
  server(configuration: Configuration, node: number): PrimaryBackupRole;
  viewServer(configuration: Configuration): PrimaryBackupRole;
}

const realParts: PrimaryBackupParts = {
  server: (configuration, node) => new commit.primaryBackup.Server(configuration, node),
  viewServer: (configuration) => new commit.primaryBackup.ViewServer(configuration),
};

/** @param replaced parts that are not the real ones */
export function newPrimaryBackupProtocol(
  replaced: Partial<PrimaryBackupParts> = {},
): SimulatedProtocol<Message, Entry, never> {
  const parts = { ...realParts, ...replaced };
  return {
    name: "primary-backup",
    knownFlaw: "a primary that is cut off, and not dead, goes on beside the new one",
    layout: commit.primaryBackup.layout,
    asEntry: commit.primaryBackup.asEntry,
    slotOf: commit.slotOf,
    seconds: commitSeconds,
    cast: (setting) => castOf(setting, parts),
  };
}

/** The same nodes, times and crowd are drawn as for the commit protocols: one seed gives all the same schedule. */
function castOf(
  { randomness, nodes: given, report, reached }: Setting,
  parts: PrimaryBackupParts,
): Cast<Message, Entry, never> {
  const { nodes, segmentBytes, people } = drawTransactions(randomness, given);
  const configuration = configurationOf(nodes.length);
  const watcher = new PrimaryBackupWatcher(report, reached);
  return {
    nodes,
    rolesOf: (node) => (node === viewServerNode ? ["view-server"] : ["server"]),
    spareNodes: nodes.length - majority(nodes.length).phase1,
    progressTicks: 3000,
    people,
    segmentBytes,
    model: keyValueModel,
    watcher,
    newRole(role, node) {
      switch (role) {
        case "server":
          return parts.server(configuration, node);
        case "view-server":
          return parts.viewServer(configuration);
        default:
          return noSuchRole(role);
      }
    },
    backing: () => undefined,
    openLog: (life) => openRoleLog(life),
    newPerson: (surroundings) =>
      new PrimaryBackupPerson({
        surroundings,
        servers: nodes.filter((node) => node !== viewServerNode).map((node) => addressOf("server", node)),
        keys: commitKeys,
      }),
    unsettled: () => undefined,
    finalCheck: () => undefined,
  };
}
