/**
 * The `synod` program: the command line, its flags and their checks.
 */
import { limits } from "@synod/protocol";
import { NodeRuntime, NodeServices } from "@effect/platform-node";
import { Console, Effect, Option, Schema } from "effect";
import { Command, Flag } from "effect/cli";
import { bench, showBench } from "./bench/bench.ts";
import { progress, showSoak, soak } from "./bench/soak.ts";
import { failWith } from "./failure.ts";
import { up } from "./up.ts";

const version = "0.1.0";

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }));

const nodes = Flag.Int("nodes").pipe(
  Flag.withSchema(between(1, 30)),
  Flag.withDescription("How many nodes, each with a proposer, an acceptor and a learner"),
  Flag.withDefault(3),
);
const placement = Flag.Literals("placement", ["role", "node"]).pipe(
  Flag.withDescription("A thread per role, or a thread per node"),
  Flag.withDefault("role"),
);
const volatile = Flag.Boolean("volatile").pipe(
  Flag.withDescription("Keep everything in memory; it ends with the process"),
  Flag.withDefault(false),
);

const json = Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON value"), Flag.withDefault(false));

const upCommand = Command.make(
  "up",
  {
    nodes,
    placement,
    volatile,
    data: Flag.String("data").pipe(
      Flag.withDescription("The folder that keeps the cluster"),
      Flag.withDefault("synod-data"),
    ),
  },
  (settings) => Effect.scoped(up(settings)).pipe(failWith),
).pipe(Command.withDescription("Run a cluster in this process and take commands"));

const benchCommand = Command.make(
  "bench",
  {
    nodes,
    placement,
    volatile,
    clients: Flag.Int("clients").pipe(
      Flag.withSchema(between(1, 65_536)),
      Flag.withDescription("Logical clients, one command outstanding each"),
      Flag.withDefault(4096),
    ),
    payloadBytes: Flag.Int("payload").pipe(
      Flag.withSchema(between(0, limits.storedBytes)),
      Flag.withDescription("Bytes of each value"),
      Flag.withDefault(16),
    ),
    seconds: Flag.Int("seconds").pipe(
      Flag.withSchema(between(1, 3600)),
      Flag.withDescription("How long to measure"),
      Flag.withDefault(5),
    ),
    commands: Flag.Int("commands").pipe(
      Flag.withSchema(between(10, Number.MAX_SAFE_INTEGER)),
      Flag.withDescription("Run this many commands instead, durable, and report memory, disk, speed and restart"),
      Flag.optional,
    ),
    data: Flag.String("data").pipe(
      Flag.withDescription("The folder to keep the run's files in; the system's temporary one unless told"),
      Flag.optional,
    ),
    json,
  },
  ({ json: asJson, data, commands, ...flags }) => {
    const settings = { ...flags, data: Option.getOrUndefined(data) };
    const print = <Report>(report: Report, show: (report: Report) => string) =>
      Console.log(asJson ? JSON.stringify(report) : show(report));
    const run = Option.match(commands, {
      onNone: () => Effect.flatMap(bench(settings), (report) => print(report, showBench)),
      onSome: (count) => Effect.flatMap(soak(settings, count, progress()), (report) => print(report, showSoak)),
    });
    return Effect.scoped(run).pipe(failWith);
  },
).pipe(Command.withDescription("Measure a cluster under load, next to the floor of this machine"));

const synod = Command.make("synod").pipe(
  Command.withDescription("Paxos for TypeScript: run, trace and measure a durable cluster"),
  Command.withSubcommands([upCommand, benchCommand]),
);

synod.pipe(Command.run({ version }), Effect.provide(NodeServices.layer), NodeRuntime.runMain);
