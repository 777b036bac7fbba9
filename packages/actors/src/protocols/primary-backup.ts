/**
 * Primary-backup in threads: node 1 has the view server, each other node a server.
 */
import { commit, leaderAccess, noSuchRole } from "@synod/protocol";
import type { HostedProtocol } from "./hosted.ts";

const { asEntry, configurationOf, layout, Server, ViewServer, viewServerNode } = commit.primaryBackup;

export const hostedPrimaryBackup: HostedProtocol<
  commit.primaryBackup.Message,
  commit.primaryBackup.Entry,
  never,
  commit.primaryBackup.Configuration
> = {
  name: "primary-backup",
  caution:
    "primary-backup is not safe: a primary that is slow or cut off, and not dead, goes on beside the new one, and what " +
    "it acknowledges is lost",
  layout,
  asEntry,
  slotOf: commit.slotOf,
  service: "values",
  usualNodes: 3,
  forgetful: [],
  settingsOf({ nodes, quorums, learning }) {
    if (learning !== undefined) throw new RangeError("learning: primary-backup has no learners");
    if (quorums !== undefined) throw new RangeError("quorums: primary-backup has none");
    if (nodes < 2) throw new RangeError("nodes: primary-backup has a view server on node 1, and takes 2 or more");
    return configurationOf(nodes);
  },
  quorumsOf: () => ({}),
  rolesOf: (_configuration, node) => (node === viewServerNode ? ["view-server"] : ["server"]),
  accessOf: ({ nodes }) => leaderAccess(Array.from({ length: nodes }, (_, index) => index + 1)),
  newPart(role, configuration, { node }) {
    switch (role) {
      case "view-server":
        return { role: new ViewServer(configuration) };
      case "server":
        return { role: new Server(configuration, node) };
      default:
        return noSuchRole(role);
    }
  },
};
