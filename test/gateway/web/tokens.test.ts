import { describe, expect, test } from 'vitest';
import { doorTokenBody, sessionTokenBody } from '../../../contract/web.js';
import { readJwt, signJwt } from '../../../gateway/web/jwt.js';
import { WebTokens } from '../../../gateway/web/tokens.js';
import { ManualClock } from '../../support/manual-clock.js';

const secret = 'a secret of the gateway';
const clock = new ManualClock();
const tokens = new WebTokens(clock, secret);

function grantOf(token: string) {
  const read = tokens.read(token);
  return read.ok ? read.grant : read.fault;
}

describe('contract atm0s §5.2 tokens of the first generation', () => {
  test('have the claims of the contract, `exp` only where it was asked for', () => {
    const token = tokens.forSession('Whip', sessionTokenBody.parse({ room: 'r', peer: 'p', expires_in: 60 }));
    const seconds = Math.floor(clock.epochMs() / 1000);
    expect(readJwt(token, secret, clock.epochMs())).toEqual({
      ok: true,
      claims: {
        room: 'r',
        peer: 'p',
        protocol: 'Whip',
        publish: true,
        subscribe: false,
        ts: clock.epochMs(),
        exp: seconds + 60,
      },
    });
    const forEver = tokens.forSession('Whip', sessionTokenBody.parse({}));
    expect(readJwt(forEver, secret, clock.epochMs())).toMatchObject({ claims: { room: null, peer: null } });
    expect(readJwt(forEver, secret, Number.MAX_SAFE_INTEGER)).toMatchObject({ ok: true });
  });

  test.each([
    ['Whip', {}, [true, false]],
    ['Whep', {}, [false, true]],
    ['Webrtc', {}, [true, true]],
    ['Webrtc', { publish: false }, [false, true]],
    ['Webrtc', { subscribe: false }, [true, false]],
    ['Rtmp', {}, [true, false]],
    ['Sip', {}, [true, true]],
  ] as const)('%s %j may publish and subscribe: %j', (protocol, wish, ways) => {
    const grant = grantOf(tokens.forSession(protocol, sessionTokenBody.parse({ room: 'r', ...wish })));
    expect(grant).toMatchObject({ door: protocol.toLowerCase(), room: 'r', peer: null });
    expect(grant).toMatchObject({ mayPublish: ways[0], maySubscribe: ways[1] });
  });

  test('made elsewhere: lower-case protocols and claims that are missing are read', () => {
    const token = signJwt({ room: 'r', peer: null, protocol: 'whip', ts: 1 }, secret);
    expect(grantOf(token)).toMatchObject({ door: 'whip', mayPublish: true, maySubscribe: false, extraData: null });
  });

  test.each([
    ['no protocol', {}],
    ['an unknown one', { protocol: 'Quic' }],
    ['a room that is no text', { protocol: 'Whip', room: 7 }],
    ['an empty room', { protocol: 'Whip', room: '' }],
    ['a right that is no answer', { protocol: 'Whip', publish: 'yes' }],
  ])('%s: none of ours', (_, claims) => expect(grantOf(signJwt(claims, secret))).toBe('malformed'));
});

describe('contract atm0s §5.2 tokens of the second generation', () => {
  test('have the claims of the contract, and `extra_data` that the client cannot change', () => {
    const body = doorTokenBody.parse({ room: 'r', peer: 'p', ttl: 30, record: true, extra_data: '{"seat":4}' });
    const token = tokens.forDoor('webrtc', body);
    const exp = Math.floor(clock.epochMs() / 1000) + 30;
    expect(readJwt(token, secret, clock.epochMs())).toEqual({
      ok: true,
      claims: { iss: 'webrtc', exp, room: 'r', peer: 'p', record: true, extra_data: '{"seat":4}' },
    });
    expect(grantOf(token)).toMatchObject({ door: 'webrtc', peer: 'p', extraData: '{"seat":4}' });
  });

  test('ends when it said', async () => {
    const token = tokens.forDoor('whep', doorTokenBody.parse({ room: 'r', ttl: 1 }));
    expect(grantOf(token)).toMatchObject({ door: 'whep', mayPublish: false, maySubscribe: true });
    await clock.advance(2000);
    expect(grantOf(token)).toBe('expired');
  });

  test('without an end it is none of ours', () => {
    expect(grantOf(signJwt({ iss: 'whip', room: 'r' }, secret))).toBe('malformed');
    expect(grantOf(signJwt({ iss: 'call', exp: 9e9, room: 'r' }, secret))).toBe('malformed');
  });

  test('one token is told from another, and is not shown', () => {
    const bodies = [1, 2].map((ttl) => tokens.forDoor('whip', doorTokenBody.parse({ room: 'r', ttl })));
    const ids = bodies.map((token) => (grantOf(token) as { tokenId: string }).tokenId);
    expect(ids[0]).not.toBe(ids[1]);
    expect(bodies[0]).not.toContain(ids[0]);
  });
});
