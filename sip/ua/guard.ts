import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';

/**
 * Runs a function of the application or of an event package. What it throws is logged and goes no further: it may be
 * called from a timer, where a throw would end the process.
 */
export function guarded<T>(log: Logger, call: () => T, otherwise: T): T {
  try {
    return call();
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error('sip.usage-handler-fault', { message: messageOf(error), stack });
    return otherwise;
  }
}
