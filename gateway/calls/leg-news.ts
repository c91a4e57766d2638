import type { LegEvent } from '../../rooms/index.js';
import type { CallEvent } from './call.js';

/** What news of its leg ends a call, and how; null: it goes on. */
export function endingOf(event: LegEvent): Extract<CallEvent, { readonly type: 'close' }> | null {
  switch (event.type) {
    case 'media-timeout':
      return { type: 'close', cause: 'media-timeout', reason: `No media for ${event.silentMs} ms` };
    case 'media-gone':
      return { type: 'close', cause: 'media-timeout', reason: `Nothing of the browser for ${event.silentMs} ms` };
    case 'media-insecure':
      return { type: 'close', cause: 'media-insecure', code: 488, reason: event.reason };
    default:
      return null;
  }
}
