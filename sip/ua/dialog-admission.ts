import { messageOf } from '../../base/errors.js';
import { targetForUri } from '../resolve/uri-target.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { DialogOwner, UaContext } from './context.js';

/**
 * What a request is to us before anybody serves it.
 * - `new`: outside dialogs.
 * - `unknown`: it claims a dialog that we do not know; let through it gets 481.
 * - `foreign`: of a dialog, but from another host than that is with. Call-ID and tags are no secret on the way (RFC
 *   3261 §26.1.3).
 * - `beside`: within a dialog, but none of its own: who serves the method does not look at dialogs (a MESSAGE, or a
 *   REGISTER that has no business there).
 */
export type Standing = 'new' | 'unknown' | 'foreign' | 'beside';

/** False when it has answered the request, or dropped it. */
export type RequestFilter = (transaction: ServerTransaction, standing: Standing) => boolean;

/** Null for a request that comes from the host that its dialog is with. */
export function standingInDialog(owner: DialogOwner | undefined, flow: Flow): 'unknown' | 'foreign' | null {
  if (owner === undefined) return 'unknown';
  return isForeign(owner, flow) ? 'foreign' : null;
}

/**
 * The dialog is with the host of its flow, and with those that its remote target and topmost Route name by address:
 * without Record-Route a peer speaks for itself after its proxy has. Hosts behind names count by their flow alone.
 */
function isForeign({ dialog, flow: known }: DialogOwner, flow: Flow): boolean {
  if (dialog === undefined || known === undefined) return false;
  const { address } = flow.remote;
  if (address === known.remote.address) return false;
  const [top] = dialog.routeSet;
  const uris = top === undefined ? [dialog.remoteTarget] : [dialog.remoteTarget, top.uri];
  return !uris.some((uri) => targetForUri(uri)?.address === address);
}

/** Hands a foreign request to its dialog when the application lets it (`SessionHandlers.admits`). */
export function receiveForeign(context: UaContext, owner: DialogOwner, transaction: ServerTransaction): void {
  const fail = (error: unknown): void => {
    context.log.error('sip.session-handler-fault', { message: messageOf(error) });
    transaction.respond(context.createResponse(transaction, 500));
  };
  try {
    const admitted = owner.handlers?.admits?.(transaction) ?? true;
    if (admitted === true) owner.receive(transaction);
    else if (admitted !== false) admitted.then((is) => is && owner.receive(transaction)).catch(fail);
  } catch (error) {
    fail(error);
  }
}
