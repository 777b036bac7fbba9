/** Locks the folder named by its argument, says what came of it, and lives until it is killed. */
import { lockFolder } from "@synod/storage";

const folder = process.argv[2] ?? "";
try {
  lockFolder(folder);
  process.send?.("held");
} catch (cause) {
  process.send?.(String(cause));
}
process.on("message", () => undefined);
