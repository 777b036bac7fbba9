import { addressOf, basic } from "@synod/protocol";
import { expect, test } from "vitest";
import { newBasicProtocol } from "../../src/protocols/basic.ts";
import { simulationOf } from "../../src/simulate.ts";

test("in the end every learner must know what is chosen", () => {
  const deaf = addressOf("learner", 2);
  const simulation = simulationOf(
    newBasicProtocol({
      learner(options) {
        const learner = new basic.Learner(options);
        // It is told, and it asks; nothing comes in.
        if (!options.tells.includes(deaf)) learner.step = () => undefined;
        return learner;
      },
    }),
  );
  const { violation } = simulation.run({ seed: 1, nodes: 3, faults: ["none"] });
  expect(violation).toMatchObject({ checker: "progress" });
  expect(violation?.message).toContain("has not learned what is chosen");
});
