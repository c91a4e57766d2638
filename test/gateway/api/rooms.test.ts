import { describe, expect, test } from 'vitest';
import type { RoomGrant } from '../../../gateway/api/room-access.js';
import { memberOf } from '../../support/fake-rooms.js';
import { settle } from '../../support/manual-clock.js';
import { type RoomApiBench, roomApi } from '../../support/room-api.js';

/** A room `ops` with `anna` in it and `ben` in its lobby. */
function withOps(bench: RoomApiBench = roomApi()): RoomApiBench {
  bench.rooms.create({ room_id: 'ops', pin: '1234', empty_s: 60 });
  bench.rooms.enter('ops', memberOf('anna'));
  bench.rooms.enter('ops', memberOf('ben', { place: 'lobby' }));
  return bench;
}

const problem = (status: number, code: string) => [status, expect.objectContaining({ status, code })];

describe('/rooms', () => {
  test('POST makes a room, tells where it is and never its PIN', async () => {
    const { request, rooms } = roomApi();
    const made = await request('POST', '/rooms', { room_id: 'a b/c', pin: '1234', locked: true });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/rooms/a%20b%2Fc']);
    expect(await made.json()).toEqual({
      room_id: 'a b/c',
      state: 'open',
      settings: { locked: true, has_pin: true },
      members: 0,
      in_lobby: 0,
      created_ms: 1_700_000_000_000,
      last_seq: 1,
      active_speaker: null,
    });
    expect(rooms.list().map(({ room_id }) => room_id)).toEqual(['a b/c']);
  });

  test('GET lists them, GET of one tells of it, PATCH changes what is given, DELETE ends it', async () => {
    const { ask } = withOps();
    expect(await ask('GET', '/rooms')).toMatchObject([200, { rooms: [{ room_id: 'ops', members: 2 }] }]);
    expect(await ask('PATCH', '/rooms/ops', { locked: true, pin: null })).toMatchObject([
      200,
      { settings: { locked: true, has_pin: false, empty_s: 60 } },
    ]);
    expect(await ask('GET', '/rooms/ops')).toMatchObject([200, { settings: { locked: true }, last_seq: 4 }]);
    expect(await ask('DELETE', '/rooms/ops')).toMatchObject([200, { state: 'ending' }]);
    expect(await ask('GET', '/rooms/ops')).toEqual(problem(404, 'ROOM_NOT_FOUND'));
    expect(await ask('GET', '/rooms')).toEqual([200, { rooms: [] }]);
  });
});

describe('/rooms/{room_id}/members', () => {
  test('GET lists them and tells of one', async () => {
    const { ask } = withOps();
    expect(await ask('GET', '/rooms/ops/members')).toEqual([
      200,
      { members: [memberOf('anna'), memberOf('ben', { place: 'lobby' })] },
    ]);
    expect(await ask('GET', '/rooms/ops/members/anna')).toEqual([200, memberOf('anna')]);
  });

  test('PATCH changes what is given', async () => {
    const { ask } = withOps();
    const change = { muted: true, gain_db: -6, role: 'host', heard_by: ['ben'] };
    expect(await ask('PATCH', '/rooms/ops/members/anna', change)).toEqual([200, memberOf('anna', change as never)]);
  });

  test('DELETE is the action kick, with its reason and prompt', async () => {
    const { ask, rooms } = withOps();
    expect(await ask('DELETE', '/rooms/ops/members/anna?reason=too%20loud&prompt=bye')).toEqual([
      200,
      { member_id: 'anna', room_id: 'ops' },
    ]);
    expect(rooms.asked).toEqual([
      { roomId: 'ops', memberId: 'anna', action: 'kick', reason: 'too loud', prompt: 'bye' },
    ]);
  });

  test('POST rings a registration or a number, and tells where the member will be', async () => {
    const { request, rooms } = withOps();
    const phone = { session_id: 's1', from_number: '100' };
    const number = { server: 'trunk', from_number: '100', to_number: '0049301', username: 'u', password: 'p' };
    const first = await request('POST', '/rooms/ops/members', phone);
    expect([first.status, first.headers.get('location')]).toEqual([201, '/rooms/ops/members/call-1']);
    expect(await first.json()).toEqual({ member_id: 'call-1' });
    expect((await request('POST', '/rooms/ops/members', number)).status).toBe(201);
    expect(rooms.asked).toEqual([
      { roomId: 'ops', ...phone },
      { roomId: 'ops', ...number },
    ]);
  });

  for (const action of [
    { action: 'admit' },
    { action: 'move', room_id: 'b' },
    { action: 'side_room' },
    { action: 'return' },
    { action: 'transfer', to: 'sip:1003@example.com' },
    { action: 'dtmf', digits: '12#', duration_ms: 100 },
    { action: 'kick', reason: 'r', prompt: 'p' },
  ]) {
    test(`POST …/actions hands ${action.action} on`, async () => {
      const { ask, rooms } = withOps();
      const [status, told] = await ask('POST', '/rooms/ops/members/ben/actions', action);
      expect([status, told]).toEqual([200, { member_id: 'ben', room_id: action.action === 'move' ? 'b' : 'ops' }]);
      expect(rooms.asked).toEqual([{ roomId: 'ops', memberId: 'ben', ...action }]);
    });
  }
});

describe('RFC 9457 what is refused', () => {
  test('§3 is a problem document of its own media type, with the stable word and the phrase of the status', async () => {
    const response = await roomApi().request('GET', '/rooms/nobody');
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(await response.json()).toEqual({ status: 404, title: 'Not Found', code: 'ROOM_NOT_FOUND' });
  });

  test('error_format is of the older routes alone', async () => {
    const { ask } = roomApi({ options: { errorFormat: 'text' } });
    expect(await ask('GET', '/rooms/nobody')).toEqual(problem(404, 'ROOM_NOT_FOUND'));
    expect(await ask('POST', '/sip/invite/client', {})).toEqual([400, 'BAD_REQUEST']);
  });

  test('a room that is not there, on every route', async () => {
    const { ask } = roomApi();
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', {}],
      ['DELETE', ''],
      ['GET', '/members'],
      ['GET', '/members/x'],
      ['GET', '/events'],
      ['PATCH', '/members/x', {}],
      ['DELETE', '/members/x'],
      ['POST', '/members', { session_id: 's', from_number: '1' }],
      ['POST', '/members/x/actions', { action: 'admit' }],
    ] as const) {
      expect(await ask(method, `/rooms/nobody${path}`, body)).toEqual(problem(404, 'ROOM_NOT_FOUND'));
    }
  });

  test('a member that is not there, on every route', async () => {
    const { ask } = withOps();
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', {}],
      ['DELETE', ''],
      ['POST', '/actions', { action: 'admit' }],
    ] as const) {
      expect(await ask(method, `/rooms/ops/members/nobody${path}`, body)).toEqual(problem(404, 'MEMBER_NOT_FOUND'));
    }
  });

  test('a room that is there already, one room too many, and an admit of somebody who is in', async () => {
    const { ask } = withOps();
    expect(await ask('POST', '/rooms', { room_id: 'ops' })).toEqual(problem(409, 'ROOM_EXISTS'));
    for (const _ of [1, 2]) await ask('POST', '/rooms', {});
    expect(await ask('POST', '/rooms', {})).toEqual(problem(503, 'TOO_MANY_ROOMS'));
    const admit = { action: 'admit' };
    expect(await ask('POST', '/rooms/ops/members/ben/actions', admit)).toMatchObject([200, {}]);
    expect(await ask('POST', '/rooms/ops/members/anna/actions', admit)).toEqual(problem(409, 'NOT_IN_LOBBY'));
  });

  for (const [code, status] of [
    ['REGISTRATION_NOT_FOUND', 404],
    ['ROOM_LOCKED', 409],
    ['ROOM_FULL', 409],
    ['ROOM_CLOSED', 409],
    ['NOT_IN_ROOM', 409],
    ['NOWHERE_TO_RETURN', 409],
    ['NOT_SUPPORTED', 409],
    ['WRONG_STATE', 409],
    ['UNPROCESSABLE', 422],
    ['PEER_REFUSED', 502],
    ['MAX_CONN', 503],
    ['DRAINING', 503],
    ['INTERNAL_ERROR', 500],
  ] as const) {
    test(`${code} is ${status}, with what the command says of it`, async () => {
      const { request, rooms } = withOps();
      rooms.refusal = { code, message: 'because' };
      const refused = await request('POST', '/rooms/ops/members/anna/actions', { action: 'return' });
      expect([refused.status, await refused.json()]).toMatchObject([status, { code, detail: 'because' }]);
      expect(refused.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    });
  }

  const wrong: readonly (readonly [string, string, string, unknown, string])[] = [
    ['broken JSON', 'POST', '/rooms', '{"locked":', 'JSON'],
    ['an array', 'POST', '/rooms', [], 'body'],
    ['a PIN with letters', 'POST', '/rooms', { pin: '12a4' }, 'pin'],
    ['an empty room_id', 'POST', '/rooms', { room_id: '' }, 'room_id'],
    ['a room_id of 256 characters', 'POST', '/rooms', { room_id: 'x'.repeat(256) }, 'room_id'],
    ['a menu action that is none', 'PATCH', '/rooms/ops', { menu: { '1': 'dance' } }, 'menu.1'],
    ['a negative limit', 'PATCH', '/rooms/ops', { max_members: -1 }, 'max_members'],
    ['a gain beyond +20 dB', 'PATCH', '/rooms/ops/members/anna', { gain_db: 21 }, 'gain_db'],
    ['a role that is none', 'PATCH', '/rooms/ops/members/anna', { role: 'king' }, 'role'],
    ['a dial without a number', 'POST', '/rooms/ops/members', { session_id: 's' }, 'from_number'],
    ['an action that is none', 'POST', '/rooms/ops/members/anna/actions', { action: 'dance' }, 'action'],
    ['a move to nowhere', 'POST', '/rooms/ops/members/anna/actions', { action: 'move' }, 'room_id'],
    ['digits that are none', 'POST', '/rooms/ops/members/anna/actions', { action: 'dtmf', digits: 'x' }, 'digits'],
    ['a number that is none', 'GET', '/rooms/ops/events?after=x', undefined, 'after'],
    ['a wait that is too long', 'GET', '/rooms/ops/events?wait_s=61', undefined, 'wait_s'],
  ];
  for (const [what, method, path, body, named] of wrong) {
    test(`${what} is 400 and reaches no command; the field is named`, async () => {
      const { ask, rooms } = withOps();
      const [status, told] = await ask(method, path, body);
      expect([status, told]).toEqual([400, expect.objectContaining({ code: 'BAD_REQUEST', title: 'Bad Request' })]);
      expect((told as { detail: string }).detail).toContain(named);
      expect([rooms.asked, rooms.list().length]).toEqual([[], 1]);
    });
  }

  test('another method is 405 with Allow, another path 404, another type 415, a large body 413', async () => {
    const { request, ask } = withOps();
    const put = await request('PUT', '/rooms/ops', {});
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH, DELETE']);
    expect(await put.json()).toEqual({ status: 405, title: 'Method Not Allowed', code: 'METHOD_NOT_ALLOWED' });
    expect(await ask('GET', '/rooms/ops/members/anna/actions')).toEqual(problem(405, 'METHOD_NOT_ALLOWED'));
    expect(await ask('GET', '/rooms/ops/dances')).toEqual(problem(404, 'UNKNOWN_ROUTE'));
    expect(await ask('POST', '/rooms', '{}', { 'content-type': 'text/plain' })).toEqual(
      problem(415, 'UNSUPPORTED_MEDIA_TYPE'),
    );
    const large = JSON.stringify({ room_id: 'x', pad: 'x'.repeat(66_000) });
    expect(await ask('POST', '/rooms', large, { 'content-length': String(large.length) })).toEqual(
      problem(413, 'PAYLOAD_TOO_LARGE'),
    );
  });

  test('who may not come in is told nothing of rooms', async () => {
    const { request, ask } = withOps(roomApi({ options: { apiSecret: 'hush' } }));
    const refused = await request('GET', '/rooms/ops');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await refused.json()).toMatchObject({ code: 'UNAUTHORIZED', title: 'Unauthorized' });
    expect((await ask('GET', '/rooms/nobody'))[0]).toBe(401);
    expect((await ask('GET', '/rooms/ops', undefined, { authorization: 'Bearer hush' }))[0]).toBe(200);
  });

  test('a fault of ours is 500 without its text', async () => {
    const bench = withOps();
    bench.rooms.list = () => {
      throw new Error('a secret');
    };
    expect(await bench.ask('GET', '/rooms')).toEqual([
      500,
      { status: 500, title: 'Internal Server Error', code: 'INTERNAL_ERROR' },
    ]);
    await settle();
  });
});

describe("a participant's token", () => {
  const grants: Record<string, RoomGrant> = {
    'token-anna': { roomId: 'ops', isGuest: false, owns: (memberId) => memberId === 'anna' },
  };
  const participant = () => {
    const options = { apiSecret: 'hush', roomTokens: { verify: (token: string) => grants[token] ?? null } };
    const bench = withOps(roomApi({ options, remoteAddress: '198.51.100.7' }));
    bench.rooms.create({ room_id: 'other' });
    const as = async (method: string, path: string, body?: unknown, token = 'token-anna') =>
      bench.ask(method, path, body, { host: 'hookline.example', authorization: `Bearer ${token}` });
    return { bench, as };
  };

  test('reads its room, its members and its events', async () => {
    const { as } = participant();
    for (const path of ['', '/members', '/members/ben', '/events']) {
      expect((await as('GET', `/rooms/ops${path}`))[0]).toBe(200);
    }
  });

  test('mutes and deafens itself, and leaves', async () => {
    const { as, bench } = participant();
    expect(await as('PATCH', '/rooms/ops/members/anna', { muted: true, deaf: true })).toMatchObject([
      200,
      { muted: true, deaf: true },
    ]);
    expect((await as('DELETE', '/rooms/ops/members/anna'))[0]).toBe(200);
    expect(bench.rooms.asked).toEqual([{ roomId: 'ops', memberId: 'anna', action: 'kick' }]);
  });

  test('does nothing else: 403', async () => {
    const { as, bench } = participant();
    for (const [method, path, body] of [
      ['GET', '/rooms'],
      ['POST', '/rooms', {}],
      ['GET', '/rooms/other'],
      ['GET', '/rooms/other/events'],
      ['GET', '/rooms/other/members'],
      ['GET', '/rooms/ops%2F..%2Fother'],
      ['PATCH', '/rooms/ops', { locked: true }],
      ['DELETE', '/rooms/ops'],
      ['POST', '/rooms/ops/members', { session_id: 's', from_number: '1' }],
      ['PATCH', '/rooms/ops/members/ben', { muted: true }],
      ['DELETE', '/rooms/ops/members/ben'],
      ['PATCH', '/rooms/ops/members/anna', { role: 'host' }],
      ['PATCH', '/rooms/ops/members/anna', { muted: false, gain_db: 20 }],
      ['POST', '/rooms/ops/members/anna/actions', { action: 'move', room_id: 'other' }],
      ['GET', '/events'],
      ['GET', '/sip/calls'],
      ['GET', '/metrics'],
    ] as const) {
      const [status, told] = await as(method, path, body);
      expect([path, status, JSON.stringify(told)]).toEqual([path, 403, expect.stringContaining('FORBIDDEN')]);
    }
    expect(bench.rooms.asked).toEqual([]);
  });

  test('one that nobody knows, or that has ended, is 401', async () => {
    const { as } = participant();
    expect(await as('GET', '/rooms/ops', undefined, 'token-old')).toEqual(problem(401, 'UNAUTHORIZED'));
  });
});
