import type { DialogDocument } from '../../contract/mediaswitch/dialogs.js';
import type { Dialog, DialogError, Refer } from './dialog.js';

/** What does not change about a dialog. */
export interface DialogInfo {
  /** The SIP Call-ID. */
  readonly callid: string;
  /** Host of the Request-URI; of a dialog of ours that of the caller. */
  readonly domain: string;
  readonly to: string;
  readonly from: string;
  readonly maxForwards: number;
  /** Who is shown to others as the other end: whom the peer calls, or the caller's number unless it is private. */
  readonly otherNumber: string;
  /** Base URL of the control server; null: nobody hears of it. */
  readonly control: string | null;
}

/** What the SIP side knows of the peer at the moment. */
export interface PeerView {
  readonly contact: string;
  readonly remote: { readonly host: string; readonly port: number };
}

/** The document of events and of GET /dialog/{callid}: mediaswitch contract 1.5.2. Always the full state. */
export function documentOf(
  { callid, domain, to, from, maxForwards }: DialogInfo,
  dialog: Dialog,
  { contact, remote }: PeerView,
  more: { readonly refer?: Refer; readonly error?: DialogError } = {},
): DialogDocument {
  const { authenticated, ring, answered, hold, originator, hangup, epochs } = dialog;
  const { code, status } = more.error ?? dialog.error;
  return {
    ...{ callid, domain, to, from, contact },
    maxforwards: maxForwards,
    ...(more.refer === undefined ? {} : { refer: { ...more.refer } }),
    ...{ authenticated, ring, answered, hold, originator, hangup },
    error: { code, status },
    remote: { ...remote },
    sdp: { them: dialog.them?.json ?? {}, us: dialog.us?.json ?? {} },
    epochs: { ...epochs },
  };
}
