/**
 * Acceptors that have missed what their learners told them of what is chosen, all of them at once.
 */
import { addressOf, byzantine, limits, newOutput, nodeOf, type Address, type RoleMachine } from "@synod/protocol";
import { expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const nodes = [1, 2, 3, 4];
const configuration = byzantine.configurationOf(4, digest, { limits: { ...limits, windowSlots: 2 } });
const signature = Uint8Array.of(7);

test("hear it again when they vote again: else no slot could be chosen any more once the window is full", () => {
  const roles = new Map<Address, RoleMachine<byzantine.Message, byzantine.Entry, byzantine.Delivery>>();
  for (const node of nodes) {
    roles.set(addressOf("proposer", node), new byzantine.Proposer(configuration, node));
    roles.set(addressOf("acceptor", node), new byzantine.Acceptor(configuration, node));
    roles.set(addressOf("learner", node), new byzantine.Learner(configuration, node));
  }
  const out = newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>();
  const learned: number[] = [];
  const underway: { readonly from: Address; readonly to: Address; readonly message: byzantine.Message }[] = [];
  let isMissed = (_message: byzantine.Message): boolean => false;
  const pass = (from: Address): void => {
    for (const { to, message } of [...out.send, ...out.sendAfterPersist]) {
      const said = "signature" in message ? { ...message, signature } : message;
      if (!isMissed(said)) underway.push({ from, to, message: said });
    }
    for (const delivery of out.deliver)
      if (delivery.kind === "chosen" && nodeOf(from) === 3) learned.push(delivery.slot);
    for (const done of [out.send, out.persist, out.sendAfterPersist, out.deliver]) done.length = 0;
  };
  const ticks = (count: number): void => {
    for (let tick = 0; tick < count; tick++) {
      for (const [address, role] of roles) {
        role.tick(out);
        role.flush(out);
        pass(address);
      }
      for (let delay = 0; delay < 6; delay++) {
        for (const { from, to, message } of underway.splice(0)) {
          roles.get(to)?.step(from, message, out);
          roles.get(to)?.flush(out);
          pass(to);
        }
      }
    }
  };
  const ask = (name: number): void => {
    const command = Uint8Array.of(1, 0, 0, 0, name);
    const message: byzantine.Message = { kind: "Request", sequence: name, command };
    for (const node of nodes) underway.push({ from: addressOf("client", 1), to: addressOf("proposer", node), message });
  };

  ticks(1);
  isMissed = ({ kind }) => kind === "Learned";
  for (const name of [1, 2]) {
    ask(name);
    ticks(2);
  }
  expect(learned).toEqual([1, 2]);
  isMissed = () => false;
  ask(3);
  ticks(2 * configuration.timing.retryTicks);
  expect(learned).toEqual([1, 2, 3]);
});
