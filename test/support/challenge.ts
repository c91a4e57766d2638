import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import { DigestAuthenticator } from '../../sip/auth/challenge.js';
import { ha1, parseAuthorization, verifyResponse } from '../../sip/auth/digest.js';
import type { FakePhone } from './phone.js';

export interface ChallengeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly username: string;
  readonly password: string;
}

/** Makes a phone a server that asks every INVITE for digest credentials (407) before its own policy applies. */
export function challengeAt(phone: FakePhone, { clock, random, username, password }: ChallengeOptions): void {
  const digest = new DigestAuthenticator({ clock, random });
  const realm = 'trunk.test';
  const secret = ha1('MD5', username, realm, password);
  phone.ua.admit((transaction) => {
    const { request } = transaction;
    if (request.method !== 'INVITE') return true;
    const read = parseAuthorization(request.headers.get('Proxy-Authorization') ?? '');
    if (read.ok && digest.check(read.value, realm) === 'ok' && verifyResponse(read.value, secret, 'INVITE'))
      return true;
    const [challenge = ''] = digest.challenge(realm, { algorithms: ['MD5'], qop: 'auth' });
    phone.ua.respond(transaction, 407, { headers: [['Proxy-Authenticate', challenge]] });
    return false;
  });
}
