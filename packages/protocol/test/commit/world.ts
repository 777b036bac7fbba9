/**
 * Roles of a commit protocol with a network between them that delivers all at once, except what a test loses; and disks
 * that keep what was persisted.
 */
import { addressOf, nodeOf, roleOf, type Address, type NodeRole } from "../../src/address.ts";
import * as commit from "../../src/commit/index.ts";
import { fixedDelay } from "../../src/basic/index.ts";
import { newOutput, type Output, type RoleMachine, type RoleStatus } from "../../src/output.ts";

interface Flying<Message> {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

export const client = addressOf("client", 9);
export const third = addressOf("participant", 3);

/** What a test may do with a world, whatever its protocol adds to the messages of transactions. */
export interface World {
  /** What clients were told. */
  readonly told: readonly { readonly kind: string; readonly transaction?: number; readonly committed?: boolean }[];
  /** Whom nothing reaches, and for whom no time passes. */
  readonly away: Set<Address>;
  /** Whose Settled is lost. */
  readonly mute: Set<Address>;
  /** What does not arrive, as `KIND ADDRESS`. */
  readonly lost: Set<string>;
  post(from: Address, to: Address, message: commit.TransactionMessage): void;
  /** So many ticks of all that is there. */
  ticks(count: number): void;
  status(role: NodeRole, node: number): RoleStatus;
  /** All roles begin anew, with what they persisted, or with what a segment would begin with. */
  restart(from: "log" | "checkpoint"): void;
}

class Roles<Message extends { readonly kind: string }, Entry extends Message> {
  readonly told: Message[] = [];
  readonly away = new Set<Address>();
  readonly mute = new Set<Address>();
  readonly lost = new Set<string>();
  readonly #create: (role: NodeRole, node: number) => RoleMachine<Message, Entry, never>;
  readonly #machines = new Map<Address, RoleMachine<Message, Entry, never>>();
  readonly #logs = new Map<Address, Entry[]>();
  readonly #flying: Flying<Message>[] = [];

  constructor(
    roles: readonly NodeRole[],
    create: (role: NodeRole, node: number) => RoleMachine<Message, Entry, never>,
  ) {
    this.#create = create;
    for (const role of roles) {
      for (const node of [1, 2, 3]) this.#machines.set(addressOf(role, node), create(role, node));
    }
  }

  post(from: Address, to: Address, message: Message): void {
    this.#flying.push({ from, to, message });
    this.#deliver();
  }

  ticks(count: number): void {
    for (let tick = 0; tick < count; tick++) {
      for (const address of this.#machines.keys()) {
        if (!this.away.has(address)) this.#act(address, (machine, out) => machine.tick(out));
      }
      this.#deliver();
    }
  }

  status(role: NodeRole, node: number): RoleStatus {
    return this.#machines.get(addressOf(role, node))?.status() ?? {};
  }

  restart(from: "log" | "checkpoint"): void {
    for (const [address, machine] of this.#machines) {
      const role = roleOf(address);
      if (role === "client") throw new Error("expected a role of a node");
      const entries = from === "log" ? (this.#logs.get(address) ?? []) : machine.checkpoint();
      const again = this.#create(role, nodeOf(address));
      for (const entry of entries) again.restore(entry);
      this.#logs.set(address, [...entries]);
      this.#machines.set(address, again);
    }
  }

  #deliver(): void {
    for (let next = this.#flying.shift(); next !== undefined; next = this.#flying.shift()) {
      const { from, to, message } = next;
      if (this.away.has(from) || this.away.has(to) || this.lost.has(`${message.kind} ${to}`)) continue;
      if (message.kind === "Settled" && this.mute.has(from)) continue;
      if (roleOf(to) === "client") this.told.push(message);
      else this.#act(to, (machine, out) => machine.step(from, message, out));
    }
  }

  #act(
    address: Address,
    action: (machine: RoleMachine<Message, Entry, never>, out: Output<Message, Entry, never>) => void,
  ): void {
    const machine = this.#machines.get(address);
    if (machine === undefined) return;
    const out = newOutput<Message, Entry, never>();
    action(machine, out);
    this.#logs.set(address, [...(this.#logs.get(address) ?? []), ...out.persist]);
    for (const { to, message } of [...out.send, ...out.sendAfterPersist]) {
      this.#flying.push({ from: address, to, message });
    }
  }
}

export const timing: commit.CommitTiming = { retryTicks: 3, voteTicks: 6, doubtTicks: 12, holdTicks: 40 };

/** Three nodes, that remember few outcomes. */
export function newWorld(protocol: "commit" | "two-phase" | "three-phase", outcomes: number): World {
  const configuration = commit.paxosCommit.configurationOf(3, {
    timing,
    limits: { ...commit.paxosCommit.configurationOf(3).limits, outcomes },
  });
  switch (protocol) {
    case "commit": {
      const { Acceptor, Leader, Participant } = commit.paxosCommit;
      return new Roles<commit.paxosCommit.Message, commit.paxosCommit.Entry>(
        ["proposer", "acceptor", "participant"],
        (role, node) => {
          if (role === "proposer") return new Leader(configuration, node, fixedDelay(2));
          return role === "acceptor" ? new Acceptor(configuration, node) : new Participant(configuration, node);
        },
      );
    }
    case "two-phase": {
      const { Coordinator, Participant } = commit.twoPhase;
      return new Roles<commit.twoPhase.Message, commit.twoPhase.Entry>(["coordinator", "participant"], (role, node) =>
        role === "coordinator" ? new Coordinator(configuration, node) : new Participant(configuration, node),
      );
    }
    case "three-phase": {
      const { Coordinator, Participant } = commit.threePhase;
      return new Roles<commit.threePhase.Message, commit.threePhase.Entry>(
        ["coordinator", "participant"],
        (role, node) =>
          role === "coordinator" ? new Coordinator(configuration, node) : new Participant(configuration, node),
      );
    }
  }
}
