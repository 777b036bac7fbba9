/**
 * The commands of the `synod` program, their flags and the checks of these.
 */
import { protocolNamed, protocols } from "@synod/actors";
import { limits, maxAcceptors } from "@synod/protocol";
import { Console, Effect, Option } from "effect";
import { Argument, Command, Flag } from "effect/cli";
import { bench, showBench } from "./bench/bench.ts";
import { progress, showSoak, soak } from "./bench/soak.ts";
import { checkCommand, museumCommand, replayCommand } from "./check/commands.ts";
import { json, quorums, reads, recovery, wholeNumber } from "./command-line.ts";
import { failWith } from "./failure.ts";
import { listScenarios, trace } from "./trace.ts";
import { up } from "./up.ts";

const protocol = Flag.Literals(
  "protocol",
  protocols.map(({ name }) => name),
).pipe(Flag.withDescription("The protocol; multi unless told"), Flag.withDefault("multi"));
const nodes = wholeNumber("nodes", 1, maxAcceptors).pipe(
  Flag.withDescription(
    `How many nodes, 1 to ${maxAcceptors}; as many as the protocol takes to bear one failure unless told: 3 of multi`,
  ),
  Flag.optional,
);
const placement = Flag.Literals("placement", ["role", "node"]).pipe(
  Flag.withDescription("A thread per role, which is the default, or a thread per node"),
  Flag.withDefault("role"),
);
const signatures = Flag.Literals("signatures", ["pool", "inline"]).pipe(
  Flag.withDescription(
    "Where nodes sign and verify, if their protocol does: on a pool of threads, which is the default, or in the roles' own",
  ),
  Flag.withDefault("pool"),
);
const volatile = Flag.Boolean("volatile").pipe(
  Flag.withDescription("Keep everything in memory; it ends with the process"),
  Flag.withDefault(false),
);
const folder = Flag.String("data").pipe(
  Flag.withMetavar("FOLDER"),
  Flag.filter(
    (name) => name !== "",
    () => "the name of a folder",
  ),
);
/** As many as the protocol needs unless told. */
function nodesOf(given: { readonly protocol: string; readonly nodes: Option.Option<number> }): number {
  return Option.getOrElse(given.nodes, () => protocolNamed(given.protocol).usualNodes);
}

const upCommand = Command.make(
  "up",
  {
    protocol,
    nodes,
    quorums,
    recovery,
    reads,
    placement,
    signatures,
    volatile,
    data: folder.pipe(
      Flag.withDescription("The folder that keeps the cluster, made when it is not there; synod-data unless told"),
      Flag.withDefault("synod-data"),
    ),
  },
  (settings) =>
    Effect.scoped(
      up({
        ...settings,
        nodes: nodesOf(settings),
        quorums: Option.getOrUndefined(settings.quorums),
        recovery: Option.getOrUndefined(settings.recovery),
        reads: Option.getOrUndefined(settings.reads),
      }),
    ).pipe(failWith),
).pipe(
  Command.withDescription(
    "Run a cluster in this process and take commands: at a terminal with a prompt, from a pipe one reply line for each",
  ),
  Command.withShortDescription("Run a cluster in this process and take commands"),
  Command.withExamples([
    { command: "synod up", description: "Three nodes, durable in synod-data, and a prompt; help lists the commands" },
    { command: "printf 'put k v\\nget k\\n' | synod up --data D", description: "Prints OK and v" },
  ]),
);

const benchCommand = Command.make(
  "bench",
  {
    protocol,
    nodes,
    quorums,
    recovery,
    placement,
    signatures,
    volatile,
    clients: wholeNumber("clients", 1, limits.clientCommands).pipe(
      Flag.withDescription("Logical clients, one command outstanding each; 4096 unless told"),
      Flag.withDefault(4096),
    ),
    payloadBytes: wholeNumber("payload", 0, limits.storedBytes).pipe(
      Flag.withDescription("Bytes of each value; 16 unless told"),
      Flag.withDefault(16),
    ),
    seconds: wholeNumber("seconds", 1, 3600).pipe(
      Flag.withDescription("How long to measure; 5 unless told"),
      Flag.withDefault(5),
    ),
    commands: wholeNumber("commands", 10, Number.MAX_SAFE_INTEGER).pipe(
      Flag.withDescription("Run this many commands instead, durable, and report memory, disk, speed and restart"),
      Flag.optional,
    ),
    data: folder.pipe(
      Flag.withDescription("The folder to keep the run's files in; the system's temporary one unless told"),
      Flag.optional,
    ),
    json,
  },
  ({ json: asJson, data, commands, ...flags }) => {
    const settings = {
      ...flags,
      nodes: nodesOf(flags),
      quorums: Option.getOrUndefined(flags.quorums),
      recovery: Option.getOrUndefined(flags.recovery),
      data: Option.getOrUndefined(data),
    };
    const print = <Report>(report: Report, show: (report: Report) => string) =>
      Console.log(asJson ? JSON.stringify(report) : show(report));
    const run = Option.match(commands, {
      onNone: () => Effect.flatMap(bench(settings), (report) => print(report, showBench)),
      onSome: (count) => Effect.flatMap(soak(settings, count, progress()), (report) => print(report, showSoak)),
    });
    return Effect.scoped(run).pipe(failWith);
  },
).pipe(Command.withDescription("Measure a cluster under load, next to the floor of this machine"));

const traceCommand = Command.make(
  "trace",
  {
    protocol: Argument.String("PROTOCOL").pipe(
      Argument.withDescription("The protocol, such as basic or multi"),
      Argument.optional,
    ),
    scenario: Argument.String("SCENARIO").pipe(
      Argument.withDescription("What happens to it; --list names what there is"),
      Argument.optional,
    ),
    list: Flag.Boolean("list").pipe(Flag.withDescription("Name the scenarios there are"), Flag.withDefault(false)),
    json,
  },
  ({ list, json: asJson, ...names }) => {
    const protocol = Option.getOrUndefined(names.protocol);
    const scenario = Option.getOrUndefined(names.scenario);
    const settings = { protocol, scenario, json: asJson };
    return (list ? listScenarios(settings) : trace(settings)).pipe(Effect.flatMap(Console.log), failWith);
  },
).pipe(
  Command.withDescription("Play a scenario through the real roles and draw the messages"),
  Command.withExamples([
    { command: "synod trace --list", description: "All scenarios" },
    { command: "synod trace basic no-failure", description: "A sequence diagram" },
  ]),
);

export const synod = Command.make("synod").pipe(
  Command.withDescription("Paxos for TypeScript: run, trace, measure and check a durable cluster"),
  Command.withSubcommands([upCommand, traceCommand, benchCommand, checkCommand, replayCommand, museumCommand]),
);
