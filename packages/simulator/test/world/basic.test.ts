import { basic } from "@synod/protocol";
import { expect, test } from "vitest";
import { newBasicProtocol } from "../../src/protocols/basic.ts";
import { simulationOf } from "../../src/simulate.ts";

test("in the end every learner must know what is chosen", () => {
  const simulation = simulationOf(
    newBasicProtocol({
      learner(options) {
        const deaf = new basic.Learner(options);
        deaf.step = () => undefined;
        return deaf;
      },
    }),
  );
  const { violation } = simulation.run({ seed: 1, nodes: 3, faults: ["none"] });
  expect(violation).toMatchObject({ checker: "progress" });
  expect(violation?.message).toContain("has not learned what is chosen");
});
