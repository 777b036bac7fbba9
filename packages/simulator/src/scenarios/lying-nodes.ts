/**
 * The nodes of a scenario in which some may lie: a proposer, an acceptor and a learner each, and requests that go to all
 * proposers. A liar is the real role, with what it says changed on its way out.
 */
import { nodeOf, roleOf, type Address, type Envelope, type ReplicaDelivery } from "@synod/protocol";
import type { Request, Response, RoleMachine, SnapshotPart } from "@synod/protocol";
import { PatchedRole, rewrite } from "../museum/patched-role.ts";
import { showBytes } from "../show.ts";
import type { Stage } from "../stage.ts";
import { acceptor, client, learner, proposer } from "./addresses.ts";
import type { Script } from "./journal.ts";
import { LearnedValues, snapshotShown } from "./learned.ts";
import { learnerCast, type StagedLearner } from "./replica.ts";

/** What a role says in the place of what it should; undefined for nothing. */
export type Lie<Message> = (from: Address, envelope: Envelope<Message>) => Envelope<Message> | undefined;

/** Only what this role of this node sends is a lie. */
export function liesOf<Message>(role: "proposer" | "acceptor", node: number, lie: Lie<Message>): Lie<Message> {
  return (from, envelope) => (roleOf(from) === role && nodeOf(from) === node ? lie(from, envelope) : envelope);
}

/** Digests by their first bytes; undefined for what is none. */
export function shownDigest(name: string, bytes: Uint8Array): string | undefined {
  return name === "digest" ? showBytes(bytes).slice(0, 6) : undefined;
}

type Role<Message, Entry extends Message> = RoleMachine<Message, Entry, ReplicaDelivery>;

export interface LyingNodesOptions<Message extends { readonly kind: string }, Entry extends Message> {
  readonly nodes: readonly number[];
  readonly stage: Stage<Message, Entry, ReplicaDelivery>;
  readonly script: Script;
  readonly newProposer: (node: number) => Role<Message, Entry>;
  readonly newAcceptor: (node: number) => Role<Message, Entry>;
  readonly newLearner: (node: number) => StagedLearner<Message, Entry>;
  readonly lie: Lie<Message>;
  readonly post: (from: Address, to: Address, message: Request | Response | SnapshotPart) => void;
}

export class LyingNodes<Message extends { readonly kind: string }, Entry extends Message> {
  readonly learned = new LearnedValues();
  readonly #options: LyingNodesOptions<Message, Entry>;
  /** When the liars begin to lie. */
  #isPlaying = false;

  constructor(options: LyingNodesOptions<Message, Entry>) {
    this.#options = options;
    for (const node of options.nodes) this.#add(node);
  }

  /** The play begins, and with it the lies. */
  raiseCurtain(): void {
    this.learned.raiseCurtain();
    this.#options.stage.raiseCurtain();
    this.#isPlaying = true;
  }

  /** A client asks all proposers, now. */
  request(number: number, command: Uint8Array): void {
    const { nodes, stage, post } = this.#options;
    for (const node of nodes) {
      post(client(number), proposer(node), { kind: "Request", sequence: stage.now, command });
    }
  }

  #add(node: number): void {
    const { stage, script, newProposer, newAcceptor, newLearner, post } = this.#options;
    stage.add(proposer(node), { create: () => this.#spoken(proposer(node), newProposer(node)) });
    stage.add(acceptor(node), { create: () => this.#spoken(acceptor(node), newAcceptor(node)) });
    stage.add(
      learner(node),
      learnerCast<Message, Entry>({
        newLearner: () => newLearner(node),
        node,
        snapshotBytes: Infinity,
        send: (to, message) => post(learner(node), to, message),
        later: (job) => stage.at(stage.now, job),
        applied: ({ slot, value }) => this.learned.learn(node, slot, script.show("value", value)),
        installed: (slot) => this.learned.learn(node, slot, snapshotShown),
      }),
    );
  }

  #spoken(address: Address, role: Role<Message, Entry>): Role<Message, Entry> {
    return new PatchedRole<Message, Entry, ReplicaDelivery>(role, () => ({
      output: ({ send, sendAfterPersist }) => {
        if (!this.#isPlaying) return;
        for (const sent of [send, sendAfterPersist]) {
          rewrite(sent, (envelope) => this.#options.lie(address, envelope));
        }
      },
    }));
  }
}
