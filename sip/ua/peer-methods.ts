import { tokens } from '../headers.js';
import type { SipMessage } from '../message.js';
import { internMethod, methods } from '../methods.js';
import { detach } from '../parse/scanner.js';

/** What every user agent with sessions serves, told or not: RFC 3261 §13 to §15. */
const always = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE']);

/** Methods of one Allow that are kept; those after it are forgotten. */
const MAX_METHODS = 64;

/** What the peer of a dialog says that it serves, by its last Allow: RFC 3261 §20.5, RFC 3311 §4. */
export class PeerMethods {
  #told: ReadonlySet<string> = always;

  learn(message: SipMessage): void {
    if (!message.headers.has('Allow')) return;
    const named = tokens(message, 'Allow').slice(0, MAX_METHODS);
    this.#told = new Set(named.map((name) => (name in methods ? internMethod(name) : detach(name))));
  }

  /** False too when the peer has not said. */
  allows(method: string): boolean {
    return always.has(method) || this.#told.has(method);
  }
}
