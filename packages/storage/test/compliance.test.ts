import { describe, test } from "vitest";
import { logCompliance, snapshotCompliance } from "@synod/storage/compliance";
import { logPlaces, snapshotPlaces } from "./places.ts";

describe.each(logPlaces)("a log in %s", (_, newPlace) => {
  for (const { name, run } of logCompliance) test(name, () => run(newPlace));
});

describe.each(snapshotPlaces)("snapshots in %s", (_, newPlace) => {
  for (const { name, run } of snapshotCompliance) test(name, () => run(newPlace));
});
