/**
 * Runs seeds in a process where every clock, timer and source of randomness throws, and prints their hashes: so many of
 * each protocol as the first argument says.
 */
import { simulate, simulations } from "../../src/index.ts";

const forbidden = (name: string) => (): never => {
  throw new Error(`${name} was called in a simulated world`);
};

Math.random = forbidden("Math.random");
performance.now = forbidden("performance.now");
process.hrtime = Object.assign(forbidden("process.hrtime"), { bigint: forbidden("process.hrtime.bigint") });
crypto.getRandomValues = forbidden("crypto.getRandomValues");
for (const timer of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const) {
  Object.defineProperty(globalThis, timer, { value: forbidden(timer) });
}
globalThis.Date = new Proxy(Date, {
  construct: forbidden("new Date"),
  apply: forbidden("Date"),
  get: (date, name) => (name === "now" ? forbidden("Date.now") : Reflect.get(date, name)),
});

const seeds = Number(process.argv[2]);
const hashes = simulations.map(({ name: protocol }) =>
  Array.from({ length: seeds }, (_, index) => {
    const [one, again] = [simulate({ protocol, seed: index + 1 }), simulate({ protocol, seed: index + 1 })];
    return [one.hash, again.hash];
  }),
);
process.stdout.write(JSON.stringify(hashes));
