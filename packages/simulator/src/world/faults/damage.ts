/**
 * Lasting damage to a disk: what had been durable turns bad, is overwritten by what was meant for another place, or is
 * all gone. The node is lost for good, so no more of them are damaged than the others can do without; it is started
 * again all the same, and must find out.
 */
import { damagePlaces, type FaultyFiles, type Place } from "@synod/storage/faults";
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import { over, struck, type Drawn, type Fault, type FaultKind, type Ground, type Victim } from "./fault.ts";

/** What a disk writes at once. */
const sectorBytes = 512;

/** How long it is until the node is started again. */
function drawDamage(randomness: Randomness, nodes: readonly number[]): Drawn {
  return { microseconds: randomness.integer(1, 2000) * ms, nodes: [randomness.pick(nodes)], amount: 0 };
}

/** Does harm to a node that the others can do without, and starts it again when the fault is over. */
function harm(fault: Fault, ground: Ground, randomness: Randomness, strike: (victim: Victim) => void): () => void {
  const [victim] = struck(fault, ground);
  if (victim === undefined || victim.isLost || damagePlaces(victim.disk.files).length < 2) return over;
  if (!victim.lose()) return over;
  victim.disk.isHarmed = true;
  strike(victim);
  ground.faults.count(fault.name);
  if (victim.failsForGood) {
    victim.crash("on");
    return over;
  }
  return () => {
    victim.crash(randomness.chance(0.5) ? "on" : "off");
    for (const process of victim.processes.values()) process.start();
  };
}

const latentCorruption: FaultKind = {
  name: "latent-corruption",
  group: "disk",
  title: "bytes that had been durable turn bad, before the last record of a log or in a snapshot",
  draw: drawDamage,
  begin: (fault, ground, randomness) => harm(fault, ground, randomness, ({ disk }) => corrupt(disk.files, randomness)),
};

const misdirectedWrite: FaultKind = {
  name: "misdirected-write",
  group: "disk",
  title: "a write of some time ago went to another place, over what was durable there",
  draw: drawDamage,
  begin: (fault, ground, randomness) =>
    harm(fault, ground, randomness, ({ disk }) => misdirect(disk.files, randomness)),
};

const diskLost: FaultKind = {
  name: "disk-lost",
  group: "disk",
  title: "the whole disk of a node is lost, and the node is started with an empty one",
  draw: drawDamage,
  begin: (fault, ground, randomness) =>
    harm(fault, ground, randomness, (victim) => {
      victim.crash("off");
      victim.disk.lose();
    }),
};

export const damage: readonly FaultKind[] = [latentCorruption, misdirectedWrite, diskLost];

/** Turns over some bits in at most 32 next to each other, which a CRC-32C always finds, or a whole sector. */
function corrupt(files: FaultyFiles, randomness: Randomness): void {
  const places = damagePlaces(files);
  const place = pickPlace(places, randomness);
  const whole = randomness.chance(0.3);
  const start = whole ? place.at : place.at + randomness.integer(0, place.sizeBytes - 1);
  const end = whole
    ? Math.min(spanEnd(places, place), start + sectorBytes)
    : Math.min(place.at + place.sizeBytes, start + randomness.integer(1, 4));
  const before = files.contents(place.path).subarray(start, end);
  files.overwrite(
    place.path,
    start,
    before.map((byte) => byte ^ (whole ? 0xff : randomness.integer(1, 255))),
  );
}

/** What was written at one place is found at another; at its own there is what was there before it: nothing. */
function misdirect(files: FaultyFiles, randomness: Randomness): void {
  const places = damagePlaces(files);
  const from = pickPlace(places, randomness);
  const to = pickPlace(
    places.filter((place) => place !== from),
    randomness,
  );
  const sizeBytes = Math.min(
    randomness.chance(0.5) ? from.sizeBytes : sectorBytes,
    spanEnd(places, from) - from.at,
    spanEnd(places, to) - to.at,
  );
  const strayed = files.contents(from.path).slice(from.at, from.at + sizeBytes);
  const there = files.contents(to.path).subarray(to.at, to.at + sizeBytes);
  const overlaps = from.path === to.path && Math.abs(from.at - to.at) < sizeBytes;
  // Segments of two logs do not say whose they are: at the same place of both, what strays is not told from what belongs.
  const passes = from.path !== to.path && from.at === to.at;
  if (overlaps || passes || strayed.every((byte, index) => byte === there[index])) return corrupt(files, randomness);
  files.overwrite(to.path, to.at, strayed);
  files.overwrite(from.path, from.at, new Uint8Array(sizeBytes));
}

/** Any kind of place as often as another, however many there are of it. */
function pickPlace(places: readonly Place[], randomness: Randomness): Place {
  const kind = randomness.pick([...new Set(places.map((place) => place.kind))]);
  return randomness.pick(places.filter((place) => place.kind === kind));
}

/** The end of the places of its file: behind it nothing may be touched. */
function spanEnd(places: readonly Place[], { path }: Place): number {
  return Math.max(...places.flatMap((place) => (place.path === path ? place.at + place.sizeBytes : [])));
}
