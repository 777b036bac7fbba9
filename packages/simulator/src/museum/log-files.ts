/**
 * How exhibits put a bug between the log or the snapshots and their files.
 */
import type { FileLayer, OpenFile } from "@synod/storage";

/** A file layer with some operations replaced. */
export function filesWith(files: FileLayer, replaced: Partial<FileLayer>): FileLayer {
  return {
    open: (path, mode) => files.open(path, mode),
    list: (folder) => files.list(folder),
    createFolder: (folder) => files.createFolder(folder),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    syncFolder: (folder) => files.syncFolder(folder),
    ...replaced,
  };
}

/** A file layer whose open files have some operations replaced, for as long as each is open. */
export function openFilesWith(files: FileLayer, replaced: (file: OpenFile) => Partial<OpenFile>): FileLayer {
  return filesWith(files, {
    open: (path, mode) => {
      const file = files.open(path, mode);
      return {
        path: file.path,
        read: (into, at) => file.read(into, at),
        write: (bytes, start, end, at) => file.write(bytes, start, end, at),
        size: () => file.size(),
        truncate: (sizeBytes) => file.truncate(sizeBytes),
        sync: (done) => file.sync(done),
        syncNow: () => file.syncNow(),
        close: () => file.close(),
        ...replaced(file),
      };
    },
  });
}

/** A file layer in which the bytes of a file may be changed just before it is opened to be read back. */
export function filesMended(files: FileLayer, suffix: string, mend: (file: OpenFile) => void): FileLayer {
  return filesWith(files, {
    open: (path, mode) => {
      if (mode !== "create" && path.endsWith(suffix)) {
        const file = files.open(path, "write");
        mend(file);
        file.close();
      }
      return files.open(path, mode);
    },
  });
}

/** All bytes of a file. */
export function bytesOf(file: OpenFile): Uint8Array {
  const bytes = new Uint8Array(file.size());
  for (let at = 0; at < bytes.length;) {
    const count = file.read(bytes.subarray(at), at);
    if (count === 0) return bytes.subarray(0, at);
    at += count;
  }
  return bytes;
}
