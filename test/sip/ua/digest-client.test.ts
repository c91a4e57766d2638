import { expect, test } from 'vitest';
import { parseAuthorization } from '../../../sip/auth/digest.js';
import type { SipMessage } from '../../../sip/message.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

const credentials = { username: 'alice', password: 'x' };

function challenge(realm: string, nonce: string, more = ''): string {
  return `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${more}`;
}

/** `realm nonce count` of every credentials field, the server's before the proxies'. */
function answersOf({ headers }: SipMessage): string[] {
  return [...headers.all('Authorization'), ...headers.all('Proxy-Authorization')].map((text) => {
    const read = parseAuthorization(text);
    return read.ok ? `${read.value.realm} ${read.value.nonce} ${Number.parseInt(read.value.nc ?? '0', 16)}` : '?';
  });
}

test('RFC 3261 §22.3 a 407 and then a 401 on one INVITE: the last one answers both, each nonce counted for itself', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => {
    const { headers } = session.invite;
    if (!headers.has('Proxy-Authorization')) {
      session.reject(407, { headers: [['Proxy-Authenticate', challenge('proxy', 'p')]] });
    } else if (!headers.has('Authorization')) {
      session.reject(401, { headers: [['WWW-Authenticate', challenge('server', 's')]] });
    } else {
      session.accept({ body: ANSWER });
    }
  };
  const call = alice.call(bob, { credentials });
  await bench.clock.advance(100);
  expect(bench.sent('INVITE').map(answersOf)).toEqual([[], ['proxy p 1'], ['server s 1', 'proxy p 2']]);
  // RFC 3261 §22.1: the ACK for the 2xx has the credentials of its INVITE.
  expect(answersOf(bench.sent('ACK').at(-1)!)).toEqual(['server s 1', 'proxy p 2']);
  expect(call.state).toBe('confirmed');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 7616 §3.4 a later request that meets the same nonce goes on counting', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => {
    if (session.invite.headers.has('Authorization')) session.accept({ body: ANSWER });
    else session.reject(401, { headers: [['WWW-Authenticate', challenge('server', 's')]] });
  };
  bob.handlers = {
    onRequest: (transaction) => {
      const asked = transaction.request.headers.has('Authorization');
      const headers = [['WWW-Authenticate', challenge('server', 's')]] as const;
      bob.ua.respond(transaction, asked ? 200 : 401, asked ? {} : { headers });
      return true;
    },
  };
  const call = alice.call(bob, { credentials });
  await bench.clock.advance(100);
  const info = call.request('INFO');
  await bench.clock.advance(100);
  expect((await info).statusCode).toBe(200);
  expect([...bench.sent('INVITE'), ...bench.sent('INFO')].map(answersOf)).toEqual([
    [],
    ['server s 1'],
    [],
    ['server s 2'],
  ]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 7616 §3.6 a stale nonce is answered again, a wrong password only once, and a peer that always asks soon no more', async () => {
  for (const [stale, tries] of [
    [false, 2],
    [true, 5],
  ] as const) {
    const { bench, alice, bob } = await pair();
    let count = 0;
    bob.onInvite = (session) => {
      count += 1;
      const value = challenge('server', `n${count}`, stale ? ', stale=true' : '');
      session.reject(401, { headers: [['WWW-Authenticate', value]] });
    };
    alice.call(bob, { credentials });
    await bench.clock.advance(100);
    expect(bench.sent('INVITE')).toHaveLength(tries);
    expect(alice.heard).toEqual(['ended remote rejected 401']);
    await bench.expectNothingLeft();
  }
});

test('RFC 7616 §5.8 within a session a realm that nobody named before its answer gets no hash to guess from', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => {
    if (session.invite.headers.has('Authorization')) session.accept({ body: ANSWER });
    else session.reject(401, { headers: [['WWW-Authenticate', challenge('server', 's')]] });
  };
  bob.handlers = {
    onRequest: (transaction) => {
      bob.ua.respond(transaction, 401, { headers: [['WWW-Authenticate', challenge('evil', 'e')]] });
      return true;
    },
  };
  const call = alice.call(bob, { credentials });
  await bench.clock.advance(100);
  const info = call.request('INFO');
  await bench.clock.advance(100);
  expect((await info).statusCode).toBe(401);
  expect(bench.sent('INFO').map(answersOf)).toEqual([[]]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 7616 §5.8 credentials of one realm are for nobody else', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.reject(401, { headers: [['WWW-Authenticate', challenge('evil', 'e')]] });
  alice.call(bob, { credentials: { ...credentials, realm: 'server' } });
  await bench.clock.advance(100);
  expect(bench.sent('INVITE').map(answersOf)).toEqual([[]]);
  expect(alice.ends).toMatchObject([{ cause: 'rejected', statusCode: 401 }]);
  await bench.expectNothingLeft();
});
