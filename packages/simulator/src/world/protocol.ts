/**
 * What the world must know of a protocol to run it: one registration, and the network, the disks, the faults, the
 * checkers and the commands take it from there.
 */
import { addressOf } from "@synod/protocol";
import type { Address, Clock, Layout, NodeRole, Random, RoleMachine, Seals } from "@synod/protocol";
import type { Backing, Front, Resident, RoleRecovered } from "@synod/driver";
import type { StateMachine } from "@synod/machines";
import type { FileLayer, Log, StorageError } from "@synod/storage";
import type { MemberChange } from "./faults/members.ts";
import type { History } from "./history.ts";
import type { Lies } from "./lies.ts";
import type { Model } from "./model.ts";
import type { Randomness } from "./randomness.ts";
import type { Tally } from "./tally.ts";
import type { Report } from "./violation.ts";
import type { Workload } from "./workload.ts";

/** What a run gives a protocol to set itself up with. */
export interface Setting {
  /** For what the protocol draws for this run: quorums, times, sizes. */
  readonly randomness: Randomness;
  /** How many nodes; drawn by the protocol when it is not given. */
  readonly nodes: number | undefined;
  /** How many of them lie, where a protocol bears liars; drawn by the protocol when it is not given. */
  readonly liars: number | undefined;
  /** A new state machine in its first state; the protocol's own when it is not given. */
  readonly machine: (() => StateMachine) | undefined;
  /** What clients ask for; the protocol's own when it is not given. */
  readonly workload: Workload | undefined;
  readonly report: Report;
  /** Counts what the run reaches. */
  readonly reached: Tally;
  /** Whether who takes part changes in this run, if the protocol can bear it. */
  readonly membersChange: boolean;
}

/** What a life of a role may use of the world. */
export interface Life {
  readonly address: Address;
  /** Another one for each life of a role, ascending. */
  readonly number: number;
  /** It has taken part in an earlier life: a first start that failed has left nothing to remember. */
  readonly hasTakenPart: boolean;
  readonly random: Random;
  /** The clock of its process, which may be fast or slow; a jump of the time of day is none of it. */
  readonly clock: Clock;
  /** The disk of its node, as it is seen in this life. */
  readonly files: FileLayer;
  /** The folder of its own on that disk. */
  readonly folder: string;
  /** That disk as it would be found if the power failed now and nothing that was not synced survived; for checkers. */
  readonly survivors: () => FileLayer;
  /** Continues a long job soon, if this life is not over then. */
  readonly later: (job: () => void) => void;
  /** How liars lie, as the faults of the run say. */
  readonly lies: Readonly<Lies>;
  /** It has lied so: that fault is counted. */
  readonly lied: (lie: keyof Lies) => void;
  /** Its node takes part no more: it stops for good. */
  readonly leaves: () => void;
}

/** Sees all that roles do, from outside. */
export interface Watcher<Message, Entry, Delivery> {
  /** A role begins a life. */
  begins(address: Address, life: number): void;
  /** It takes back an entry from its log. */
  recovered(address: Address, entry: Entry): void;
  /** It has taken back all that there is, and takes part. */
  began(address: Address, recovered: RoleRecovered): void;
  /** A message leaves a role or a client. */
  sent(from: Address, to: Address, message: Message): void;
  /** An entry of a role's log is on stable storage, says the disk. */
  durable(address: Address, entry: Entry): void;
  /** A process, named by its endpoint, has stopped because of its disk. */
  failed(endpoint: Address, reason: StorageError["reason"]): void;
  /** The power of a node was cut: what its disk holds is read again. */
  poweredOff(node: number): void;
  /** A role makes something known. */
  delivered(address: Address, delivery: Delivery): void;
}

/** A client in the world, as the protocol's people are. */
export interface Person<Message> {
  /** What its process runs: takes replies, and sends when it takes its turn. */
  readonly resident: Resident<Message>;
  /** Begins to ask for things; nothing when it has begun. */
  begin(): void;
  /** The faults are over: it asks for one thing more, and then rests. */
  finish(): void;
  /** It has had an answer to what it asked for after the faults. */
  readonly satisfied: boolean;
}

const firstPerson = 101;

/** The address of a person of a run, by its index from 0. */
export function personAddress(index: number): Address {
  return addressOf("client", firstPerson + index);
}

/** What a person may use of the world. */
export interface PersonSurroundings<Message> {
  /** Its first address. */
  readonly address: Address;
  readonly randomness: Randomness;
  readonly send: (to: Address, message: Message) => void;
  /** Comes back as another client, whose address this is; what is on its way to the old one is lost. */
  readonly move: () => Address;
  /** Asks for a turn soon. */
  readonly wake: () => void;
  /** Milliseconds of its own clock. */
  readonly now: () => number;
  readonly after: (microseconds: number, action: () => void) => void;
  readonly history: History;
  readonly manners: Readonly<Manners>;
  /** It has behaved so: that fault is counted. */
  readonly struck: (manner: keyof Manners) => void;
}

/** Changes who takes part while a run goes on. */
export interface Administration {
  /** A change is wanted: it is asked for once those before it are done, if there is a node for it then. */
  wants(change: MemberChange): void;
  /** Whether a node may be lost for good: it will be replaced. */
  maySpare(node: number): boolean;
}

/** What an administrator may use of the world. */
export interface AdministratorSurroundings<Message> extends PersonSurroundings<Message> {
  /** A node starts for the first time. */
  readonly startNode: (node: number) => void;
  /** A node is a member no more. As in threads it stops by itself, or now when it is down and cannot hear of it. */
  readonly votedOut: (node: number) => void;
  /** The nodes that are lost for good. */
  readonly lost: ReadonlySet<number>;
  /** A change was asked for: it is counted. */
  readonly changed: (change: MemberChange) => void;
}

/** How people behave, as the faults of a run say: chances, which all may change while it runs. */
export interface Manners {
  /** That one gives up early. */
  impatience: number;
  /** That one cancels what it asked for. */
  fickleness: number;
  /** That what one sends comes again, late, and to another node as well. */
  repetition: number;
  /** That one goes away and comes back with a new session. */
  departure: number;
  /** That one asks for several things at once. */
  crowding: number;
}

/** As they are when nothing is wrong. */
export const goodManners: Readonly<Manners> = {
  impatience: 0,
  fickleness: 0,
  repetition: 0,
  departure: 0,
  crowding: 0,
};

/** All that takes part in one run. */
export interface Cast<Message, Entry extends Message, Delivery> {
  /** Node numbers from 1. */
  readonly nodes: readonly number[];
  /** The roles of a node; where they are collapsed the first one names their process. */
  rolesOf(node: number): readonly NodeRole[];
  /** Nodes whose roles lie; none when it is not given. Nothing is expected of them. */
  readonly liars?: readonly number[];
  /** How many nodes may be lost for good: the rest has every quorum that progress takes. */
  readonly spareNodes: number;
  /** Whether this node may be one of them; any may unless told. */
  maySpare?(node: number): boolean;
  /**
   * A node whose disk is damaged is down from then on, and not started to find out. As long as a part of it goes on it may
   * vote out another node, and fail after that: one failure more than the others can bear.
   */
  readonly failsForGood?: true;
  /**
   * How many nodes a leader must reach to go on, of a protocol that bears partial partitions: one may stay after the
   * last fault. None stays when it is not given.
   */
  readonly leaderNodes?: number;
  /** How long clients may wait for an answer once nothing is wrong any more, in ticks. */
  readonly progressTicks: number;
  /** How often the leader may change in so many ticks when all has come to rest; absent where there is no leader. */
  readonly stability?: {
    readonly ticks: number;
    readonly mostChanges: number;
    leaderChanges(): number;
  };
  readonly people: number;
  /** The node beside which a client lives, and with which it is cut off; clients reach all nodes unless told. */
  siteOf?(client: Address): number;
  newRole(role: NodeRole, node: number, life: Life): RoleMachine<Message, Entry, Delivery>;
  /** What stands behind a role in this life, if anything does. */
  backing(
    role: RoleMachine<Message, Entry, Delivery>,
    life: Life,
  ): ((front: Front<Message, Entry, Delivery>) => Backing<Message, Entry, Delivery>) | undefined;
  openLog(life: Life): Log;
  /** Bytes of a log segment before the next one begins. */
  readonly segmentBytes: number;
  newPerson(surroundings: PersonSurroundings<Message>): Person<Message>;
  /** Nodes that may join while it runs. */
  readonly laterNodes?: readonly number[];
  /** Who changes the members; nobody does where there is none. */
  newAdministrator?(surroundings: AdministratorSurroundings<Message>): Person<Message> & Administration;
  readonly watcher: Watcher<Message, Entry, Delivery>;
  /** What histories of clients are checked against, if they are. */
  readonly model: Model | undefined;
  /**
   * Whether all that can has come to rest in agreement; undefined or what it waits for. A role cannot when it is not
   * up, or is cut off from a node that may lead.
   */
  unsettled(isUp: (address: Address) => boolean): string | undefined;
  /** What can only be told when all has come to rest. */
  finalCheck(history: History): void;
}

export interface SimulatedProtocol<Message extends { readonly kind: string }, Entry extends Message, Delivery> {
  readonly name: string;
  readonly layout: readonly Layout[];
  readonly asEntry: (message: Message) => Entry;
  /** The slot that an entry is about, or 0. */
  readonly slotOf: (entry: Entry) => number;
  /** What is signed in its messages, if anything is. */
  readonly seals?: Seals<Message>;
  /** Whether its hosts take any name in a frame for the sender's: only in an exhibit. */
  readonly believesNames?: boolean;
  /** What its runs may find wrong, of a protocol that is there to be compared: no mistake in it, but a limit of it. */
  readonly knownFlaw?: string;
  /** Simulated seconds with faults that a run of it takes, least and most. */
  readonly seconds: readonly [least: number, most: number];
  /** Makes the state machine that it replicates unless another is given, if it replicates any. */
  readonly newMachine?: () => StateMachine;
  cast(setting: Setting): Cast<Message, Entry, Delivery>;
}
