/** Many decrees at once: each is chosen by itself, and all of them are remembered. */
import { expect, test } from "vitest";
import { addressOf, nodeOf, roleOf, type Address } from "../src/address.ts";
import { NamedRole, type NamedEntry, type NamedMessage, type NamedOptions } from "../src/basic/index.ts";
import { newOutput } from "../src/output.ts";
import { majority } from "../src/quorum.ts";

const client = addressOf("client", 9);
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (value: Uint8Array): string => String.fromCharCode(...value);

/** Three nodes, whose messages all arrive, each in its turn. */
class Town {
  readonly answers: string[] = [];
  readonly persisted = new Map<Address, NamedEntry[]>();
  readonly #roles = new Map<Address, NamedRole>();
  readonly #sent: { readonly from: Address; readonly to: Address; readonly message: NamedMessage }[] = [];

  constructor(changes: Partial<NamedOptions> = {}) {
    for (const role of ["proposer", "acceptor", "learner"] as const) {
      for (const node of [1, 2, 3]) {
        const options = { role, node, quorums: majority(3), retryTicks: 5, random: () => 0.5, ...changes };
        this.#roles.set(addressOf(role, node), new NamedRole(options));
      }
    }
  }

  role(address: Address): NamedRole {
    const role = this.#roles.get(address);
    if (role === undefined) throw new Error(`no role at ${address}`);
    return role;
  }

  post(to: Address, message: NamedMessage): void {
    this.#sent.push({ from: client, to, message });
    for (let next = this.#sent.shift(); next !== undefined; next = this.#sent.shift()) this.#deliver(next);
  }

  propose(node: number, name: string, value: string): void {
    this.post(addressOf("learner", node), { kind: "Inquire", name: bytes(name) });
    this.post(addressOf("proposer", node), { kind: "Request", name: bytes(name), value: bytes(value) });
  }

  #deliver({ from, to, message }: { readonly from: Address; readonly to: Address; readonly message: NamedMessage }) {
    if (roleOf(to) === "client") {
      this.answers.push(`${text(message.name)}: ${message.kind === "Response" ? text(message.value) : message.kind}`);
      return;
    }
    const out = newOutput<NamedMessage, NamedEntry, never>();
    this.role(to).step(from, message, out);
    this.persisted.set(to, [...(this.persisted.get(to) ?? []), ...out.persist]);
    for (const envelope of [...out.send, ...out.sendAfterPersist]) this.#sent.push({ from: to, ...envelope });
  }
}

test("each name has a decree of its own, and the first value stays", () => {
  const town = new Town();
  town.propose(1, "color", "red");
  town.propose(2, "shape", "round");
  town.propose(3, "color", "blue");
  expect(new Set(town.answers)).toEqual(new Set(["color: red", "shape: round"]));
  expect(town.answers.filter((answer) => answer === "color: red").length).toBeGreaterThanOrEqual(2);
});

test("a role comes back with all its decrees, from its entries and from its checkpoint", () => {
  const town = new Town();
  town.propose(1, "color", "red");
  town.propose(2, "shape", "round");
  const address = addressOf("acceptor", 2);
  const options = { role: roleOf(address) as "acceptor", node: nodeOf(address), quorums: majority(3) };
  const again = (entries: readonly NamedEntry[]): NamedRole => {
    const role = new NamedRole({ ...options, retryTicks: 5, random: () => 0.5 });
    for (const entry of entries) role.restore(entry);
    return role;
  };
  const { persisted } = town;
  const restored = again(persisted.get(address) ?? []);
  expect(restored.checkpoint()).toEqual(town.role(address).checkpoint());
  expect(again(restored.checkpoint()).checkpoint()).toEqual(restored.checkpoint());
  expect(restored.checkpoint().map(({ name }) => text(name))).toEqual(["color", "shape"]);
});

test("what is written to the log makes older segments needless, and nothing else does", () => {
  const acceptor = new NamedRole({ role: "acceptor", node: 1, quorums: majority(3), retryTicks: 5, random: () => 0 });
  const out = newOutput<NamedMessage, NamedEntry, never>();
  acceptor.tick(out);
  expect(out.trimThrough).toBe(0);
  acceptor.step(addressOf("proposer", 1), { kind: "Prepare", name: bytes("a"), ballot: 1 }, out);
  expect(out.trimThrough).toBe(1);
});

test.each([
  ["so many decrees", { decrees: 2, decreeBytes: 1000 }, ["a: 1", "b: 2", "c: Full"]],
  ["so many bytes", { decrees: 10, decreeBytes: 5 }, ["a: 1", "b: 2", "c: Full"]],
])("a node begins no more than %s, and says so to the client", (_, bounds, expected) => {
  const town = new Town({ limits: { keyBytes: 10, storedBytes: 10, ...bounds } });
  for (const [index, name] of ["a", "b", "c"].entries()) town.propose(1, name, String(index + 1));
  expect([...new Set(town.answers)]).toEqual(expected);
  // Those that are there are told as before.
  town.propose(1, "a", "9");
  expect(town.answers.at(-1)).toBe("a: 1");
});

test("a name or a value that is too long is refused", () => {
  const town = new Town({ limits: { keyBytes: 3, storedBytes: 3, decrees: 10, decreeBytes: 1000 } });
  town.propose(1, "long", "x");
  town.propose(1, "a", "long");
  expect(town.answers).toContain("a: Full");
  expect(town.answers).toContain("long: Full");
});

test("only decrees that are not settled take time", () => {
  const town = new Town();
  town.propose(1, "color", "red");
  const proposer = town.role(addressOf("proposer", 1));
  expect(proposer.status()["awake"]).toBe(1);
  proposer.tick(newOutput());
  expect(proposer.status()["awake"]).toBe(0);
});
