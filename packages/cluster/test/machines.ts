// State machines that the tests give to clusters; worker threads import this module.
import { jsonMachine, type StateMachine } from "@synod/machines";

/** Counts what it is told to add; dies of "poison", on every node. */
export const newCounter = (): StateMachine =>
  jsonMachine<{ sum: number }, number | "poison", number, null, number>({
    name: "counter/1",
    initial: () => ({ sum: 0 }),
    apply(state, command) {
      if (command === "poison") throw new Error("poisoned");
      return (state.sum += command);
    },
    query: ({ sum }) => sum,
  });

export const throwing = (): StateMachine => {
  throw new Error("no machine today");
};

export const nameless = (): object => ({});

export const notAFunction = 7;
