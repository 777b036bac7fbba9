/**
 * What a cluster can be asked to be, and what is refused.
 */
import { majority, maxAcceptors, QuorumError, flexible, type QuorumSystem } from "@synod/protocol";
import type { MachineModule, Placement } from "@synod/actors";
import { Data, Effect, Schema } from "effect";

/** Options that cannot make a cluster: says which, and what was expected. */
export class ConfigurationError extends Data.TaggedError("ConfigurationError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

export interface ClusterOptions {
  /** How many nodes, each with a proposer, an acceptor and a learner. 3 unless told; at most 30. */
  readonly nodes?: number;
  /** The folder that keeps the cluster; without one everything is in memory and ends with the process. */
  readonly data?: string;
  /** A thread per role (the default), or a thread per node. */
  readonly placement?: Placement;
  /** Sizes of the phase 1 and phase 2 quorums; majorities unless told. Refused when they need not intersect. */
  readonly quorums?: { readonly phase1: number; readonly phase2: number };
  /** Who is told of a vote: the learner of the leader's node (the default), or every learner. */
  readonly learning?: "distinguished" | "every";
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
  nodes: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: maxAcceptors })))),
  data: Schema.optionalKey(Schema.NonEmptyString),
  placement: Schema.optionalKey(Schema.Literals(["role", "node"])),
  quorums: Schema.optionalKey(Schema.Struct({ phase1: PositiveInteger, phase2: PositiveInteger })),
  learning: Schema.optionalKey(Schema.Literals(["distinguished", "every"])),
  machine: Schema.optionalKey(Schema.Struct({ url: Schema.NonEmptyString, factory: Schema.NonEmptyString })),
  snapshotBytes: Schema.optionalKey(PositiveInteger),
  segmentBytes: Schema.optionalKey(PositiveInteger),
});

export interface CheckedOptions {
  readonly nodes: number;
  readonly data: string | undefined;
  readonly placement: Placement;
  readonly quorums: QuorumSystem;
  readonly learning: "distinguished" | "every";
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
  const nodes = checked.nodes ?? 3;
  const quorums = yield* Effect.try({
    try: () =>
      checked.quorums === undefined ? majority(nodes) : flexible(nodes, checked.quorums.phase1, checked.quorums.phase2),
    catch: (cause) =>
      new ConfigurationError({ message: cause instanceof QuorumError ? cause.message : String(cause), cause }),
  });
  return {
    nodes,
    data: checked.data,
    placement: checked.placement ?? "role",
    quorums,
    learning: checked.learning ?? "distinguished",
    machine: checked.machine,
    snapshotBytes: checked.snapshotBytes ?? 16 * mebibyte,
    segmentBytes: checked.segmentBytes ?? 8 * mebibyte,
    onNotice,
  };
});
