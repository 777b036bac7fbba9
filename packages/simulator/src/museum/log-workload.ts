/**
 * Clients that write values of several disk pages: records that a power failure tears in the middle, and
 * segments that are full soon.
 */
import { encodePut, readOk } from "@synod/machines";
import { keyValueWorkload } from "../protocols/key-value.ts";
import type { Workload } from "../world/workload.ts";

const valueBytes = 2000;

export const wideWorkload: Workload = {
  ...keyValueWorkload,
  next(randomness, unique) {
    const operation = keyValueWorkload.next(randomness, unique);
    if (operation.f !== "put") return operation;
    const value = `${unique};`.padEnd(valueBytes, ".");
    return {
      ...operation,
      value,
      encode: (writer) => encodePut(writer, operation.key, value),
      decode: (reader) => {
        readOk(reader);
        return "ok";
      },
    };
  },
};
