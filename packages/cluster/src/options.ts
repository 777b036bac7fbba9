/**
 * What a cluster can be asked to be, and what is refused.
 */
import { maxAcceptors } from "@synod/protocol";
import { protocolNamed, type MachineModule, type Placement, type Plan, type SigningPlace } from "@synod/actors";
import { Data, Effect, Schema } from "effect";

/** Options that cannot make a cluster: says which, and what was expected. */
export class ConfigurationError extends Data.TaggedError("ConfigurationError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

/** A client was asked for of something that the cluster's protocol does not keep. */
export class WrongService extends Data.TaggedError("WrongService")<{
  readonly message: string;
}> {}

export interface ClusterOptions {
  /** The name of the protocol; `multi` unless told. */
  readonly protocol?: string;
  /** How many nodes; as many as the protocol needs to bear one failure unless told; at most 30. */
  readonly nodes?: number;
  /** The folder that keeps the cluster; without one everything is in memory and ends with the process. */
  readonly data?: string;
  /** A thread per role (the default), or a thread per node. */
  readonly placement?: Placement;
  /** Sizes of the quorums, `fast` where the protocol has such; its usual ones unless told. Refused when they need not meet. */
  readonly quorums?: { readonly phase1: number; readonly phase2: number; readonly fast?: number };
  /** Who is told of a vote: the learner of the leader's node (the default), or every learner. */
  readonly learning?: "distinguished" | "every";
  /** Who recovers from a collision of Fast Paxos: the leader (the default), or each acceptor by itself. */
  readonly recovery?: "coordinated" | "uncoordinated";
  /**
   * What a leader of Multi-Paxos answers reads by: what a quorum confirms each time (the default), or a lease of 200 ms.
   * Leased reads rest on clocks: none may run more than 10 % faster than another, nor stand still while it is used.
   */
  readonly reads?: "confirmed" | "leased";
  /** Where nodes sign and verify, if their protocol does: on a pool of threads (the default), or in the roles' own. */
  readonly signatures?: SigningPlace;
  /** The module that makes the state machine, in place of the key-value store. */
  readonly machine?: MachineModule;
  /** Bytes of applied values after which a learner takes a snapshot. 16 MiB unless told. */
  readonly snapshotBytes?: number;
  /** Bytes of a log segment. 8 MiB unless told. */
  readonly segmentBytes?: number;
  /** Takes what happens unasked (an actor ended, storage failed), as a sentence. */
  readonly onNotice?: (notice: string) => void;
}

const PositiveInteger = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)));

/** The part of the options that is data. */
const Options = Schema.Struct({
  protocol: Schema.optionalKey(Schema.NonEmptyString),
  nodes: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: maxAcceptors })))),
  data: Schema.optionalKey(Schema.NonEmptyString),
  placement: Schema.optionalKey(Schema.Literals(["role", "node"])),
  quorums: Schema.optionalKey(
    Schema.Struct({ phase1: PositiveInteger, phase2: PositiveInteger, fast: Schema.optionalKey(PositiveInteger) }),
  ),
  learning: Schema.optionalKey(Schema.Literals(["distinguished", "every"])),
  recovery: Schema.optionalKey(Schema.Literals(["coordinated", "uncoordinated"])),
  reads: Schema.optionalKey(Schema.Literals(["confirmed", "leased"])),
  signatures: Schema.optionalKey(Schema.Literals(["pool", "inline"])),
  machine: Schema.optionalKey(Schema.Struct({ url: Schema.NonEmptyString, factory: Schema.NonEmptyString })),
  snapshotBytes: Schema.optionalKey(PositiveInteger),
  segmentBytes: Schema.optionalKey(PositiveInteger),
});

export interface CheckedOptions {
  readonly nodes: number;
  /** What the protocol makes of it. */
  readonly plan: Plan;
  readonly data: string | undefined;
  readonly placement: Placement;
  readonly signatures: SigningPlace;
  readonly machine: MachineModule | undefined;
  readonly snapshotBytes: number;
  readonly segmentBytes: number;
  readonly onNotice: (notice: string) => void;
}

const mebibyte = 1024 * 1024;

export const checkOptions = Effect.fnUntraced(function* (
  options: ClusterOptions,
): Effect.fn.Return<CheckedOptions, ConfigurationError> {
  const { onNotice = () => undefined, ...data } = options;
  const checked = yield* Schema.decodeUnknownEffect(Options)(data, { onExcessProperty: "error" }).pipe(
    Effect.mapError((cause) => new ConfigurationError({ message: `cluster options: ${cause.message}`, cause })),
  );
  const plan = yield* Effect.try({
    try: () => {
      const protocol = protocolNamed(checked.protocol ?? "multi");
      const { nodes = protocol.usualNodes, quorums, learning, recovery, reads } = checked;
      return protocol.plan({ nodes, quorums, learning, recovery, reads });
    },
    catch: (cause) =>
      new ConfigurationError({ message: cause instanceof Error ? cause.message : String(cause), cause }),
  });
  return {
    nodes: plan.nodes.length,
    plan,
    data: checked.data,
    placement: checked.placement ?? "role",
    signatures: checked.signatures ?? "pool",
    machine: checked.machine,
    snapshotBytes: checked.snapshotBytes ?? 16 * mebibyte,
    segmentBytes: checked.segmentBytes ?? 8 * mebibyte,
    onNotice,
  };
});
