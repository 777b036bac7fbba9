/**
 * What the clients of a benchmark ask for, by what the protocol keeps.
 */
import type { Cluster } from "@synod/cluster";
import type { Connect, Load } from "./measure.ts";

/** Clients of a cluster, each with one command outstanding. */
export interface ClusterLoad {
  /** Commands answered until now, warm-ups included. */
  readonly answered: number;
  /** Waits until the cluster takes commands. */
  ready(): Promise<unknown>;
  /** @param failed hears of a command that fails */
  connect(failed: (reason: unknown) => void): Connect;
}

/** Asks for one command of a client. */
type Ask = (client: number) => Promise<unknown>;

const readyMs = 60_000;

export function newClusterLoad({ clients, payloadBytes }: Load, cluster: Cluster): ClusterLoad {
  const { ready, ask } = asking(cluster, clients, "x".repeat(payloadBytes));
  let total = 0;
  return {
    get answered() {
      return total;
    },
    ready,
    connect: (failed) => (answered) => {
      // One handler for each client, made once: what is measured is the cluster and its client.
      const handlers = Array.from({ length: clients }, (_, client) => () => {
        total += 1;
        answered(client);
      });
      return (client) => void ask(client).then(handlers[client], failed);
    },
  };
}

function asking(
  cluster: Cluster,
  clients: number,
  value: string,
): { readonly ready: () => Promise<unknown>; ask: Ask } {
  switch (cluster.options.plan.service) {
    case "store": {
      const client = cluster.client();
      // Each client puts its own key, over and over.
      const keys = Array.from({ length: clients }, (_, number) => `key-${number}`);
      return {
        ready: () => client.put("key", "value", { deadlineMs: readyMs }),
        ask: (number) => client.put(keys[number] ?? "", value),
      };
    }
    case "transactions": {
      const client = cluster.transactions();
      // Of two participants, most times. No two clients write the same key, and no client soon again: its answer may be
      // there before the participants have let go of the locks.
      const keySets = 16;
      const rounds = new Map<number | string, number>();
      const transact = async (number: number | string, deadlineMs?: number): Promise<void> => {
        const options = deadlineMs === undefined ? {} : { deadlineMs };
        const transaction = await client.begin(options);
        const round = (rounds.get(number) ?? 0) + 1;
        rounds.set(number, round);
        const keys = ["one", "other"].map((name) => `${name}-${number}-${round % keySets}`);
        for (const key of keys) await client.put(transaction, key, value, options);
        if (!(await client.commit(transaction, options))) throw new Error(`transaction ${transaction} was aborted`);
      };
      return { ready: () => transact("first", readyMs), ask: (number) => transact(number) };
    }
    case "values": {
      // A client has one request under way, so that there must be some.
      const connections = Array.from({ length: Math.min(clients, 64) }, () => cluster.values());
      const ask = async (number: number, deadlineMs?: number): Promise<void> => {
        const options = deadlineMs === undefined ? {} : { deadlineMs };
        await connections[number % connections.length]?.put(`key-${number}`, value, options);
      };
      return { ready: () => ask(0, readyMs), ask: (number) => ask(number) };
    }
    case "decrees": {
      const client = cluster.decrees();
      let next = 0;
      // A decree is chosen once: each proposal is another one.
      return {
        ready: () => client.propose("decree", "value", { deadlineMs: readyMs }),
        ask: () => client.propose(`decree-${(next += 1)}`, value),
      };
    }
  }
}
