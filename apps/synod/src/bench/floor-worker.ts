/**
 * A thread of the floor: takes a frame of commands and passes it on, appends it, or applies it.
 */
import { ByteReader } from "@synod/wire";
import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { FloorLink, FloorSettings, FloorStage } from "./floor.ts";

const { stages }: FloorSettings = workerData;

type Take = (frame: Uint8Array<ArrayBuffer>) => void;

const takes: readonly Take[] = stages.map((stage) => newStage(stage));
for (const [index, stage] of stages.entries()) {
  if (stage.kind !== "idle" && typeof stage.input !== "number") {
    stage.input.on("message", (frame) => takes[index]?.(frame));
  }
}
parentPort?.postMessage("ready");
// The thread lives until it is terminated, also with nothing to listen to.
parentPort?.on("message", () => undefined);

function newStage(stage: FloorStage): Take {
  switch (stage.kind) {
    case "proposer":
      return (frame) => {
        for (const output of stage.outputs) send(output, frame.slice());
      };
    case "acceptor": {
      const file = stage.file === undefined ? undefined : openSync(stage.file, "w");
      return (frame) => {
        if (file !== undefined) {
          writeSync(file, frame);
          fdatasyncSync(file);
        }
        send(stage.output, frame);
      };
    }
    case "learner": {
      const map = new Map<string, string>();
      return (frame) => {
        const reader = new ByteReader(frame);
        let count = 0;
        while (reader.remaining > 0) {
          const end = reader.u32("command length") + reader.offset;
          reader.u8("command kind");
          const key = reader.text("key");
          map.set(key, reader.rawText(end - reader.offset, "value"));
          count += 1;
        }
        stage.output?.postMessage(new Uint8Array(count).fill(1));
      };
    }
    case "idle":
      return () => undefined;
  }
}

function send(link: FloorLink, frame: Uint8Array<ArrayBuffer>): void {
  if (typeof link === "number") takes[link]?.(frame);
  else link.postMessage(frame, [frame.buffer]);
}
