/**
 * What threads must know of a protocol to run it: one registration, and the supervisor, the clients and the program
 * take it from there.
 */
import type { Access, Clock, Layout, NodeRole, Random, RoleMachine, Seals, Signatures } from "@synod/protocol";
import { entryCodec, RoleActor, type Backing, type EntryFormat, type Front, type Host } from "@synod/driver";
import type { SnapshotRefusal } from "@synod/driver";
import type { StateMachine } from "@synod/machines";
import type { Log, SnapshotStore, StorageError } from "@synod/storage";
import type { Codec } from "@synod/wire";

/** What a cluster can be asked to be, as far as its protocol decides about it. */
export interface Asked {
  readonly nodes: number;
  /** Sizes of quorums, by their names in the protocol; its usual ones where they are not given. */
  readonly quorums: Readonly<Record<string, number>> | undefined;
  /** Who is told of votes, where the protocol leaves a choice. */
  readonly learning: "distinguished" | "every" | undefined;
  /** Who recovers from a collision, where acceptors take what clients send; the protocol's usual one unless told. */
  readonly recovery?: "coordinated" | "uncoordinated" | undefined;
  /** What a leader answers reads by, where the protocol leaves a choice; what a quorum confirms unless told. */
  readonly reads?: "confirmed" | "leased" | undefined;
}

/** What a life of a role may use of its thread. */
export interface Ground {
  readonly node: number;
  readonly random: Random;
  /** The clock of the machine that the node runs on. */
  readonly clock: Clock;
  readonly newMachine: () => StateMachine;
  /** The store of the role's snapshots; opened at most once. */
  readonly openSnapshots: () => SnapshotStore;
  /** Bytes of applied values after which a snapshot is due. */
  readonly snapshotBytes: number;
  /** Signs as this node, and verifies what others have signed; only where the protocol signs. */
  readonly signatures?: Signatures | undefined;
  /** Continues a long job soon, after other work. */
  readonly later: (job: () => void) => void;
  /** Another node's snapshot was no good; the role goes on. */
  readonly refused: (refusal: SnapshotRefusal) => void;
  /** The node is no member any more, from a slot on, and nobody needs it: it may stop. */
  readonly removed: (fromSlot: number) => void;
}

/** A role, and what stands behind it, if anything does. */
export interface Part<Message, Entry extends Message, Delivery> {
  readonly role: RoleMachine<Message, Entry, Delivery>;
  readonly backing?: (front: Front<Message, Entry, Delivery>) => Backing<Message, Entry, Delivery>;
  /** Where the protocol signs: what is signed, and who does it. */
  readonly sealing?: { readonly seals: Seals<Message>; readonly signatures: Signatures };
}

/** Nodes that join. */
export interface Joiners {
  readonly roles: readonly NodeRole[];
  /** There is no number above it. */
  readonly highestNode: number;
}

/** What clients find: a state machine that is replicated, or something of the protocol's own. */
export type Service = "store" | "decrees" | "transactions" | "values";

/**
 * @typeParam Settings what its roles are made with: plain data, the same for all threads of a cluster
 */
export interface HostedProtocol<Message, Entry extends Message, Delivery, Settings> extends EntryFormat<
  Message,
  Entry
> {
  readonly name: string;
  readonly layout: readonly Layout[];
  readonly service: Service;
  /** As many nodes as one failure takes. */
  readonly usualNodes: number;
  /** A flaw that whoever runs it must know of, in a sentence. */
  readonly caution?: string;
  /** Its nodes sign what they say, with keys of their own. */
  readonly signs?: true;
  /** It can be asked who recovers from a collision. */
  readonly recovers?: true;
  /** Its leaders can be asked to answer reads under a lease. */
  readonly leases?: boolean;
  /** @throws QuorumError when quorums need not meet; RangeError for what the protocol cannot be asked */
  settingsOf(asked: Asked): Settings;
  /** Sizes of its quorums, which belong to its data for good. */
  quorumsOf(settings: Settings): Readonly<Record<string, number>>;
  rolesOf(settings: Settings, node: number): readonly NodeRole[];
  /** Nodes that join while the cluster runs; none where the members are the same for good. */
  readonly joiners?: Joiners;
  /** Roles that keep nothing in their logs. */
  readonly forgetful: readonly NodeRole[];
  accessOf(settings: Settings): Access;
  newPart(role: NodeRole, settings: Settings, ground: Ground): Part<Message, Entry, Delivery>;
}

export interface NodePlan {
  readonly node: number;
  readonly roles: readonly NodeRole[];
}

/** What a cluster is to be, as its protocol says. */
export interface Plan {
  readonly protocol: string;
  readonly service: Service;
  /** Plain data, which only the protocol reads. */
  readonly settings: unknown;
  /** Each node, with its roles. */
  readonly nodes: readonly NodePlan[];
  /** Nodes that join while the cluster runs; undefined where the members are the same for good. */
  readonly joiners: Joiners | undefined;
  readonly quorums: Readonly<Record<string, number>>;
  /** Roles whose logs must be there when a cluster starts again. */
  readonly remembering: readonly NodeRole[];
  readonly access: Access;
  readonly layout: readonly Layout[];
  /** Its nodes have keys. */
  readonly signs: boolean;
  /** A flaw that whoever runs it must know of; undefined when none is known. */
  readonly caution: string | undefined;
}

export interface AnyMessage {
  readonly kind: string;
}

/** Where an actor lives. */
export interface Surroundings {
  readonly address: number;
  readonly host: Host<AnyMessage>;
  readonly codec: Codec<AnyMessage>;
  readonly log: Log;
  readonly segmentBytes: number;
  /** Storage failed: the role has stopped. */
  readonly failed: (failure: StorageError) => void;
}

/** An actor of whatever protocol. */
export type Actor = Pick<RoleActor<AnyMessage, AnyMessage, unknown>, "start" | "status" | "stop">;

/** A protocol that can be run, whatever its messages are. */
export interface RunnableProtocol {
  readonly name: string;
  readonly usualNodes: number;
  readonly service: Service;
  readonly layout: readonly Layout[];
  readonly forgetful: readonly NodeRole[];
  /** @throws QuorumError; RangeError */
  plan(asked: Asked): Plan;
  /** @param settings those of a plan of this protocol */
  newActor(role: NodeRole, settings: unknown, ground: Ground, surroundings: Surroundings): Actor;
}

/** Closes over the types of a protocol. */
export function runnable<Message extends AnyMessage, Entry extends Message, Delivery, Settings>(
  protocol: HostedProtocol<Message, Entry, Delivery, Settings>,
): RunnableProtocol {
  const { name, service, layout, usualNodes, forgetful } = protocol;
  return {
    name,
    usualNodes,
    service,
    layout,
    forgetful,
    plan(asked) {
      if (asked.recovery !== undefined && protocol.recovers !== true) {
        throw new RangeError(`recovery: ${name} leaves no choice of who recovers from a collision`);
      }
      if (asked.reads !== undefined && protocol.leases !== true) {
        throw new RangeError(`reads: ${name} leaves no choice of what reads are answered by`);
      }
      const settings = protocol.settingsOf(asked);
      const nodes = Array.from({ length: asked.nodes }, (_, index) => {
        const node = index + 1;
        return { node, roles: protocol.rolesOf(settings, node) };
      });
      const roles = [...new Set(nodes.flatMap((each) => each.roles))];
      return {
        protocol: name,
        service,
        settings,
        nodes,
        joiners: protocol.joiners,
        quorums: protocol.quorumsOf(settings),
        remembering: roles.filter((role) => !forgetful.includes(role)),
        access: protocol.accessOf(settings),
        layout,
        signs: protocol.signs === true,
        caution: protocol.caution,
      };
    },
    newActor(role, settings, ground, surroundings) {
      // Both came from this protocol: the settings from its plan, and a codec of its layout knows no other messages.
      const { host, codec, ...rest } = surroundings as Omit<Surroundings, "host" | "codec"> & {
        readonly host: Host<Message>;
        readonly codec: Codec<Message>;
      };
      const part = protocol.newPart(role, settings as Settings, ground);
      return new RoleActor<Message, Entry, Delivery>({ ...rest, ...part, host, codec: entryCodec(codec, protocol) });
    },
  };
}
