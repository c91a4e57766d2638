import { tagOf } from '../header-values.js';
import type { SipRequest } from '../message.js';

/** RFC 3261 §12: the three values that name a dialog, seen from our side. */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** One string for a dialog. */
export function dialogKey(id: DialogId): string {
  // Call-ID and tags are words without blanks (RFC 3261 §25.1), so no two dialogs share a key.
  return `${id.callId} ${id.localTag} ${id.remoteTag}`;
}

/**
 * The dialogs that are alive, and who handles their requests. Its size is held by its users: one entry per session,
 * and at most `maxEarlyDialogs` per branch of an attempt. An awaited dialog is one that a request of ours may make.
 */
export class DialogStore<Owner> {
  /** The owner in a cell that is emptied: tables that the map has outgrown are dead but not gone (see Roster). */
  readonly #owners = new Map<string, { owner: Owner | null }>();
  readonly #awaited = new Map<string, Owner>();

  get size(): number {
    return this.#owners.size;
  }

  add(id: DialogId, owner: Owner): void {
    const key = dialogKey(id);
    const cell = this.#owners.get(key);
    if (cell === undefined) this.#owners.set(key, { owner });
    else cell.owner = owner;
  }

  /** Removes the entry when it still belongs to that owner. */
  remove(id: DialogId, owner: Owner): void {
    const key = dialogKey(id);
    const cell = this.#owners.get(key);
    if (cell?.owner !== owner) return;
    cell.owner = null;
    this.#owners.delete(key);
  }

  /**
   * RFC 6665 §4.1.4: a request of ours that makes dialogs is on its way. Until `unawait`, requests to that Call-ID and
   * tag that belong to no known dialog go to this owner, whatever their From tag: a NOTIFY may come before the 2xx.
   */
  await(id: Omit<DialogId, 'remoteTag'>, owner: Owner): void {
    this.#awaited.set(`${id.callId} ${id.localTag}`, owner);
  }

  unawait(id: Omit<DialogId, 'remoteTag'>): void {
    this.#awaited.delete(`${id.callId} ${id.localTag}`);
  }

  find(id: DialogId): Owner | undefined {
    return this.#owners.get(dialogKey(id))?.owner ?? undefined;
  }

  /** RFC 3261 §12.2.2: the dialog that a request from the peer belongs to: its To tag is ours. */
  findForRequest(request: SipRequest): Owner | undefined {
    const localTag = tagOf(request.to);
    if (localTag === undefined) return undefined;
    const { callId } = request;
    const known = this.find({ callId, localTag, remoteTag: tagOf(request.from) ?? '' });
    return known ?? (this.#awaited.size > 0 ? this.#awaited.get(`${callId} ${localTag}`) : undefined);
  }
}
