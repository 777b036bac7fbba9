import { UnknownActor } from "@synod/actors";
import { ChangeRefused, NoQuorum, type ChangeMade } from "@synod/client";
import { describe, expect, test } from "vitest";
import { clusterCommands, type ClusterDesk } from "../src/shell/cluster-commands.ts";
import { runLine, withHelp, type ShellCommands } from "../src/shell/shell.ts";
import { storeCommands } from "../src/shell/store-commands.ts";

type StoreClient = Parameters<typeof storeCommands>[0];

interface Stage {
  readonly shell: ShellCommands;
  /** What was asked of the cluster. */
  readonly asked: string[];
}

function newShell(
  overrides: {
    readonly client?: Partial<StoreClient>;
    readonly leader?: number;
    readonly membersChange?: boolean;
  } = {},
): Stage {
  const values = new Map<string, string>();
  const asked: string[] = [];
  const client: StoreClient = {
    put: async (key, value) => void values.set(key, value),
    get: async (key) => values.get(key),
    append: async (key, value) => {
      const whole = (values.get(key) ?? "") + value;
      values.set(key, whole);
      return whole.length;
    },
    delete: async (key) => values.delete(key),
    cas: async (key, expected, value) => {
      if (values.get(key) !== expected) return false;
      values.set(key, value);
      return true;
    },
    ...overrides.client,
  };
  const changed = async (what: string): Promise<ChangeMade> => {
    if (what === "add 2") throw new ChangeRefused({ reason: "the number 2 has been used" });
    asked.push(what);
    return { number: 1, fromSlot: 65 };
  };
  const desk: ClusterDesk = {
    roles: ["proposer", "acceptor", "learner"],
    cluster: {
      status: async () => ({ leader: overrides.leader ?? 2, roles: [], sentMessages: 0 }),
      kill: async (node, role) => {
        if (node > 3) throw new UnknownActor({ message: `no node ${node}: expected one of 1, 2, 3` });
        asked.push(`kill ${node} ${role}`);
      },
      restart: async (node, role) => void asked.push(`restart ${node} ${role}`),
      add: (node) => changed(`add ${node}`),
      remove: (node) => changed(`remove ${node}`),
      replace: (old, node) => changed(`replace ${old} ${node}`),
    },
    membersChange: overrides.membersChange ?? true,
    quit: () => void asked.push("quit"),
  };
  return { shell: withHelp({ ...storeCommands(client), ...clusterCommands(desk) }), asked };
}

async function replies(lines: readonly string[], { shell } = newShell()): Promise<readonly (string | undefined)[]> {
  const answered: (string | undefined)[] = [];
  for (const line of lines) answered.push(await runLine(shell, line));
  return answered;
}

describe("replies", () => {
  test.each<[command: string, lines: readonly string[], expected: readonly string[]]>([
    ["put", ["put k v", "get k", "put k w", "get k"], ["OK", "v", "OK", "w"]],
    ["get", ["get k", `put k ""`, "get k"], ["(nil)", "OK", ""]],
    ["append", ["append k ab", "append k c", "get k"], ["(integer) 2", "(integer) 3", "abc"]],
    ["delete", ["delete k", "put k v", "delete k", "get k"], ["(integer) 0", "OK", "(integer) 1", "(nil)"]],
    ["cas", ["put k a", "cas k b c", "cas k a c", "get k"], ["OK", "(integer) 0", "(integer) 1", "c"]],
    ["cas of nothing", ["cas k a b", "get k"], ["(integer) 0", "(nil)"]],
    ["leader", ["leader"], ["(integer) 2"]],
    ["quotes", [`put "a key" 'its value'`, "get a\\ key"], ["OK", "its value"]],
    ["capitals", ["PUT k v", "Get k"], ["OK", "v"]],
  ])("%s", async (_command, lines, expected) => {
    expect(await replies(lines)).toEqual(expected);
  });

  test("leader, when there is none", async () => {
    expect(await replies(["leader"], newShell({ leader: 0 }))).toEqual(["(nil)"]);
  });

  test("an empty line has none", async () => {
    expect(await replies(["", "   ", "\t\r"])).toEqual([undefined, undefined, undefined]);
  });

  test("kill and restart reach a node, or one of its roles", async () => {
    const stage = newShell();
    expect(await replies(["kill 1", "kill 2/acceptor", "restart 1", "restart 2/learner"], stage)).toEqual(
      Array(4).fill("OK"),
    );
    expect(stage.asked).toEqual(["kill 1 undefined", "kill 2 acceptor", "restart 1 undefined", "restart 2 learner"]);
  });

  test("add, remove and replace change the members", async () => {
    const stage = newShell();
    expect(await replies(["add 4", "remove 1", "replace 2 5", "add 2"], stage)).toEqual([
      "OK",
      "OK",
      "OK",
      "(error) refused: the number 2 has been used",
    ]);
    expect(stage.asked).toEqual(["add 4", "remove 1", "replace 2 5"]);
    expect(await replies(["add 4"], newShell({ membersChange: false }))).toEqual([
      "(error) unknown command 'add'; try help",
    ]);
  });

  test("quit", async () => {
    const stage = newShell();
    expect(await replies(["quit"], stage)).toEqual(["OK"]);
    expect(stage.asked).toEqual(["quit"]);
  });

  test("help names every command", async () => {
    const [help = ""] = await replies(["help"]);
    const ofStore = ["put", "get", "append", "delete", "cas"];
    const ofCluster = ["status", "leader", "kill", "restart", "add", "remove", "replace", "quit", "help"];
    const names = [...ofStore, ...ofCluster];
    expect(help?.split("\n").map((line) => line.split(" ")[0])).toEqual(names);
  });
});

describe("refusals", () => {
  test.each<[line: string, expected: string]>([
    ["frobnicate", "(error) unknown command 'frobnicate'; try help"],
    ["constructor", "(error) unknown command 'constructor'; try help"],
    ["__proto__", "(error) unknown command '__proto__'; try help"],
    ["put", "(error) expected put KEY VALUE, got 0 words after put"],
    ["put k", "(error) expected put KEY VALUE, got 1 word after put"],
    ["put k v w", "(error) expected put KEY VALUE, got 3 words after put"],
    ["get", "(error) expected get KEY, got 0 words after get"],
    ["append k", "(error) expected append KEY VALUE, got 1 word after append"],
    ["delete", "(error) expected delete KEY, got 0 words after delete"],
    ["cas k a", "(error) expected cas KEY OLD NEW, got 2 words after cas"],
    ["status now", "(error) expected status, got 1 word after status"],
    ["leader 1", "(error) expected leader, got 1 word after leader"],
    ["help put", "(error) expected help, got 1 word after help"],
    ["quit now", "(error) expected quit, got 1 word after quit"],
    ["kill", "(error) expected kill NODE[/ROLE], got 0 words after kill"],
    ["kill one", "(error) expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got 'one'"],
    ["kill -1", "(error) expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '-1'"],
    ["kill 1/", "(error) expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '1/'"],
    ["kill 1/king", "(error) no role 'king': expected one of proposer, acceptor, learner"],
    ["restart 1/acceptor/2", "(error) expected NODE or NODE/ROLE, such as 1 or 1/acceptor, got '1/acceptor/2'"],
    ["kill 4", "(error) no node 4: expected one of 1, 2, 3"],
    ["add", "(error) expected add NODE, got 0 words after add"],
    ["add 0", "(error) expected the number of a node, such as 4, got '0'"],
    ["replace 1", "(error) expected replace OLD NEW, got 1 word after replace"],
    ["replace 1 four", "(error) expected the number of a node, such as 4, got 'four'"],
    ["get 'k", "(error) the quote at column 5 is not closed"],
  ])("%s", async (line, expected) => {
    const stage = newShell();
    expect(await replies([line], stage)).toEqual([expected]);
    expect(stage.asked).toEqual([]);
  });

  test("what the cluster refuses is one line", async () => {
    const client = {
      put: async () => Promise.reject(new NoQuorum({ reachable: 1, needed: 2, afterMs: 5000 })),
      get: async () => Promise.reject(new Error("one\n  two\n")),
    };
    expect(await replies(["put k v", "get k"], newShell({ client }))).toEqual([
      "(error) no quorum: 1 of 2 needed acceptors answer, tried for 5000 ms; restart a node",
      "(error) one two",
    ]);
  });
});
