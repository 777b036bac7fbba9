// A bank ledger as a replicated state machine.
import { jsonMachine } from "@synod/machines";

export type Command =
  | { readonly kind: "deposit"; readonly account: string; readonly cents: number }
  | { readonly kind: "transfer"; readonly from: string; readonly to: string; readonly cents: number };

export type Reply = { readonly ok: true; readonly balance: number } | { readonly ok: false; readonly why: string };

type Accounts = Record<string, number>;

export const newLedger = () =>
  jsonMachine<Accounts, Command, Reply, string, number>({
    name: "ledger/1",
    initial: () => ({}),
    apply(accounts, command) {
      const balanceOf = (account: string): number => accounts[account] ?? 0;
      switch (command.kind) {
        case "deposit":
          accounts[command.account] = balanceOf(command.account) + command.cents;
          return { ok: true, balance: balanceOf(command.account) };
        case "transfer":
          if (balanceOf(command.from) < command.cents) return { ok: false, why: "not enough money" };
          accounts[command.from] = balanceOf(command.from) - command.cents;
          accounts[command.to] = balanceOf(command.to) + command.cents;
          return { ok: true, balance: balanceOf(command.from) };
      }
    },
    query: (accounts, account) => accounts[account] ?? 0,
  });
