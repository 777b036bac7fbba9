/**
 * Runs seeds in a process where every clock, timer and source of randomness throws, and prints their hashes.
 */
import { simulate, simulations } from "../../src/index.ts";

const forbidden = (name: string) => (): never => {
  throw new Error(`${name} was called in a simulated world`);
};

class NoDate extends Date {
  constructor() {
    super(0);
    forbidden("new Date")();
  }
  static override now = forbidden("Date.now");
}

Math.random = forbidden("Math.random");
performance.now = forbidden("performance.now");
process.hrtime = Object.assign(forbidden("process.hrtime"), { bigint: forbidden("process.hrtime.bigint") });
crypto.getRandomValues = forbidden("crypto.getRandomValues");
for (const timer of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const) {
  Object.defineProperty(globalThis, timer, { value: forbidden(timer) });
}
globalThis.Date = NoDate as DateConstructor;

const hashes = simulations.map(({ name: protocol }) =>
  Array.from({ length: 20 }, (_, index) => {
    const [one, again] = [simulate({ protocol, seed: index + 1 }), simulate({ protocol, seed: index + 1 })];
    return [one.hash, again.hash];
  }),
);
process.stdout.write(JSON.stringify(hashes));
