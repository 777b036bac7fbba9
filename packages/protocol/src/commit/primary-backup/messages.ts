/**
 * The messages of primary-backup with a view server, and their flow. It is the arrangement that courses on distributed
 * systems begin with (MIT 6.824, spring 2013, lab 2: "Primary/Backup Key/Value Service"), in the form of a first attempt:
 * `server.ts` says what is naive in it.
 *
 *     views                  server  -> view server : Ping          every few ticks: I am here, and act in this view
 *                            view server -> server  : View          who is the primary, who is the backup
 *                            client  -> view server : AskView
 *
 *     writing                client  -> primary     : Put
 *                            primary -> backup      : Forward
 *                            backup  -> primary     : Forwarded
 *                            primary -> client      : PutReply
 *
 *     reading                client  -> primary     : Get
 *                            primary -> client      : GetReply
 *
 *     a new backup           primary -> backup      : Transfer      all that it has
 *                            backup  -> primary     : Transferred
 */
import { layouts } from "../../layout.ts";

/** The number of a view, from 1; 0 for none. */
export type ViewNumber = number;

/** A server says that it is there. */
export interface Ping {
  readonly kind: "Ping";
  /** The view that it acts in. A primary acts in one when its backup has all that it has. */
  readonly view: ViewNumber;
}

/** Who is who. Also an entry, of the view server. */
export interface View {
  readonly kind: "View";
  readonly view: ViewNumber;
  /** Its node. */
  readonly primary: number;
  /** Its node, or 0 for none. */
  readonly backup: number;
}

export interface AskView {
  readonly kind: "AskView";
}

export interface Put {
  readonly kind: "Put";
  /** The client's own number for this request, ascending: with the same number it is the same request. */
  readonly sequence: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The key shall have no value. */
  readonly removed: boolean;
}

export interface PutReply {
  readonly kind: "PutReply";
  readonly sequence: number;
  /** The view in which the server takes itself for the primary. */
  readonly view: ViewNumber;
}

export interface Get {
  readonly kind: "Get";
  readonly sequence: number;
  readonly key: Uint8Array;
}

export interface GetReply {
  readonly kind: "GetReply";
  readonly sequence: number;
  /** The view in which the server takes itself for the primary. */
  readonly view: ViewNumber;
  readonly found: boolean;
  /** Empty unless found. */
  readonly value: Uint8Array;
}

/** This server does not take itself for the primary. */
export interface NotPrimary {
  readonly kind: "NotPrimary";
  readonly sequence: number;
}

/** A write, on its way to the backup. Also an entry, of either. */
export interface Forward {
  readonly kind: "Forward";
  readonly view: ViewNumber;
  /** The address of the client that asked for it, and its number: it is done once. */
  readonly client: number;
  readonly sequence: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly removed: boolean;
  /** Of this key: a write that arrives late is passed over. */
  readonly version: number;
}

export interface Forwarded {
  readonly kind: "Forwarded";
  readonly view: ViewNumber;
  readonly client: number;
  readonly sequence: number;
}

/** Takes the place of all that the backup has. Also an entry, and what a log segment begins with. */
export interface Transfer {
  readonly kind: "Transfer";
  readonly view: ViewNumber;
  readonly rows: readonly Row[];
  readonly clients: readonly ClientRow[];
}

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** There is no value any more; its version is still needed. */
  readonly removed: boolean;
  readonly version: number;
}

/** The last request of a client that was done. */
export interface ClientRow {
  readonly client: number;
  readonly sequence: number;
}

export interface Transferred {
  readonly kind: "Transferred";
  readonly view: ViewNumber;
}

export type Message =
  Ping | View | AskView | Put | PutReply | Get | GetReply | NotPrimary | Forward | Forwarded | Transfer | Transferred;

/** What goes to stable storage. */
export type Entry = View | Forward | Transfer;

const write = { key: "bytes", value: "bytes", removed: "flag" } as const;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  Ping: { view: "integer" },
  View: { view: "integer", primary: "integer", backup: "integer" },
  AskView: {},
  Put: { sequence: "integer", ...write },
  PutReply: { sequence: "integer", view: "integer" },
  Get: { sequence: "integer", key: "bytes" },
  GetReply: { sequence: "integer", view: "integer", found: "flag", value: "bytes" },
  NotPrimary: { sequence: "integer" },
  Forward: { view: "integer", client: "integer", sequence: "integer", ...write, version: "integer" },
  Forwarded: { view: "integer", client: "integer", sequence: "integer" },
  Transfer: {
    view: "integer",
    rows: {
      list: [
        ["key", "bytes"],
        ["value", "bytes"],
        ["removed", "flag"],
        ["version", "integer"],
      ],
    },
    clients: {
      list: [
        ["client", "integer"],
        ["sequence", "integer"],
      ],
    },
  },
  Transferred: { view: "integer" },
});
