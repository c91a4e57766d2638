import { expect, test } from 'vitest';
import { ha1, parseAuthorization, verifyResponse } from '../../../sip/auth/digest.js';
import type { HeaderList } from '../../../sip/build.js';
import type { SipMessage } from '../../../sip/message.js';
import { SessionTimers } from '../../../sip/ua/session-timer.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

const credentials = { username: 'alice', password: 'x' };

function challenge(realm: string, nonce: string, more = ''): string {
  return `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${more}`;
}

interface ResponseParts {
  readonly statusCode: number;
  readonly headers: HeaderList;
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

/** Two realms, each with a password of its own. */
const byRealm = [
  { username: 'alice', password: 'one', realm: 'server' },
  { username: 'al', password: 'two', realm: 'proxy' },
] as const;

/** Whether every field was made with the password of its realm, for this request. */
function areRight({ headers }: SipMessage, method: string): boolean {
  const texts = [...headers.all('Authorization'), ...headers.all('Proxy-Authorization')];
  return texts.every((text) => {
    const read = parseAuthorization(text);
    if (!read.ok) return false;
    const { username, password, realm } = byRealm.find((one) => one.realm === read.value.realm)!;
    return (
      username === read.value.username && verifyResponse(read.value, ha1('MD5', username, realm, password), method)
    );
  });
}

test('RFC 3261 §16.7 step 7 one response asks for two realms and both are answered, each with its own password', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => {
    if (session.invite.headers.has('Authorization')) {
      session.accept({ body: ANSWER });
      return;
    }
    const headers = [
      ['WWW-Authenticate', challenge('server', 's')],
      ['Proxy-Authenticate', challenge('proxy', 'p')],
      ['Proxy-Authenticate', challenge('unknown', 'u')],
    ] as const;
    session.reject(407, { headers });
  };
  const call = alice.call(bob, { credentials: byRealm });
  await bench.clock.advance(100);
  const [, second] = bench.sent('INVITE');
  expect(answersOf(second!)).toEqual(['server s 1', 'proxy p 1']);
  expect(areRight(second!, 'INVITE')).toBe(true);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §22.3 within a session a 401 and then a 407 are answered too, a request that is asked anew again', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  let nonces = 0;
  const answer = ({ headers }: SipMessage): ResponseParts => {
    const isOld = headers.get('Authorization')?.includes('"s1"') === true;
    if (!headers.has('Authorization') || isOld) {
      nonces += 1;
      const value = challenge('server', `s${nonces}`, isOld ? ', stale=true' : '');
      return { statusCode: 401, headers: [['WWW-Authenticate', value]] };
    }
    if (headers.has('Proxy-Authorization')) return { statusCode: 200, headers: [] };
    return { statusCode: 407, headers: [['Proxy-Authenticate', challenge('proxy', 'p')]] };
  };
  bob.handlers = {
    onRequest: (transaction) => {
      const { statusCode, headers } = answer(transaction.request);
      bob.ua.respond(transaction, statusCode, { headers });
      return true;
    },
  };
  const call = alice.call(bob, { credentials: byRealm });
  await bench.clock.advance(100);
  const info = call.request('INFO');
  await bench.clock.advance(100);
  expect((await info).statusCode).toBe(200);
  const sent = bench.sent('INFO');
  expect(sent.map(answersOf)).toEqual([[], ['server s1 1'], ['server s2 1'], ['server s2 2', 'proxy p 1']]);
  expect(sent.every((message) => areRight(message, 'INFO'))).toBe(true);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §22.2 the called side answers challenges with credentials that name the realm, others never', async () => {
  for (const [given, answers] of [
    [byRealm, [[], ['server s 1']]],
    [credentials, [[]]],
  ] as const) {
    const { bench, alice, bob } = await pair();
    alice.handlers = {
      onRequest: (transaction) => {
        const asked = transaction.request.headers.has('Authorization');
        const headers = [['WWW-Authenticate', challenge('server', 's')]] as const;
        alice.ua.respond(transaction, asked ? 200 : 401, asked ? {} : { headers });
        return true;
      },
    };
    bob.onInvite = (session) => session.accept({ body: ANSWER, credentials: given });
    const call = alice.call(bob);
    await bench.clock.advance(100);
    void bob.session.request('INFO');
    await bench.clock.advance(100);
    expect(bench.sent('INFO').map(answersOf)).toEqual(answers);
    call.end();
    await bench.expectNothingLeft();
  }
});

test('RFC 7616 §3.4 an INVITE that was challenged and is repeated for its session timer goes on counting', async () => {
  const { bench, alice, bob } = await pair();
  alice.ua.use(new SessionTimers({ sessionExpiresS: 90, minSeS: 90 }));
  bob.onInvite = (session) => {
    const { headers } = session.invite;
    if (!headers.has('Authorization')) {
      session.reject(401, { headers: [['WWW-Authenticate', challenge('server', 's')]] });
    } else if (headers.get('Session-Expires') === '90') {
      session.reject(422, { headers: [['Min-SE', '1800']] });
    } else {
      session.accept({ body: ANSWER });
    }
  };
  const call = alice.call(bob, { credentials });
  await bench.clock.advance(100);
  expect(bench.sent('INVITE').map(answersOf)).toEqual([[], ['server s 1'], ['server s 2']]);
  expect(call.state).toBe('confirmed');
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
