import { beforeEach, describe, expect, test } from 'vitest';
import type { CallId, RoomId } from '../../../base/ids.js';
import { type JoinRequest, RoomTable } from '../../../gateway/calls/room-table.js';
import { ManualClock } from '../../support/manual-clock.js';

let clock: ManualClock;
let news: string[];
let table: RoomTable;

function create(duplicatePeer: 'rename' | 'replace' = 'rename', maxTombstones = 3): RoomTable {
  return new RoomTable(
    { clock, duplicatePeer, maxTombstones },
    {
      onOtherConnected: (callId) => news.push(`${callId} other-connected`),
      onAccompanied: (callId) => news.push(`${callId} accompanied`),
      onAlone: (callId, hadOthers) => news.push(`${callId} alone ${hadOthers}`),
      onReplaced: (callId) => news.push(`${callId} replaced`),
      onMoved: (callId, roomId, peer) => news.push(`${callId} moved ${roomId} ${peer}`),
    },
  );
}

function join(callId: string, overrides: Partial<JoinRequest> = {}): string {
  return table.join({
    memberId: callId,
    roomId: 'r' as RoomId,
    wantedPeer: callId,
    identity: null,
    incoming: true,
    connected: false,
    ...overrides,
  }).peer;
}

beforeEach(() => {
  clock = new ManualClock();
  news = [];
  table = create();
});

describe('contract 4.2(4) who is told that another member is Connected', () => {
  test('a waiting member, when the other one connects', () => {
    join('a');
    join('b', { incoming: false });
    expect(news).toEqual(['a accompanied', 'b accompanied']);
    table.markConnected('b' as CallId);
    expect(news.at(-1)).toBe('a other-connected');
  });

  test('a newcomer, at once, when a Connected member is already there', () => {
    join('a', { connected: true });
    join('b');
    expect(news).toContain('b other-connected');
    expect(news).not.toContain('a other-connected');
  });
});

describe('contract 4.4 end after others left', () => {
  test('the last of two is alone and had others; of three nobody is', () => {
    join('a', { connected: true });
    join('b', { connected: true });
    join('c', { connected: true });
    news = [];
    table.leave('c' as CallId);
    expect(news).toEqual([]);
    table.leave('b' as CallId);
    expect(news).toEqual(['a alone true']);
  });

  test('a member that never met anybody is told nothing', () => {
    join('a');
    expect(news).toEqual([]);
  });

  test('a late hook answer counts as joined and left: a lone leg is told, a pair is not', () => {
    join('a', { incoming: false });
    table.passThrough('r' as RoomId);
    expect(news).toEqual(['a alone true']);
    join('b');
    news = [];
    table.passThrough('r' as RoomId);
    expect(news).toEqual([]);
  });
});

describe('contract 4.4 names', () => {
  test('the same registered user replaces itself, and nobody is left alone by it', () => {
    join('a1', { wantedPeer: '1001', identity: '1001', connected: true });
    join('b', { connected: true });
    news = [];
    expect(join('a2', { wantedPeer: '1001', identity: '1001', connected: true })).toBe('1001');
    expect(news.filter((line) => line.includes('alone'))).toEqual([]);
    expect(news).toContain('a1 replaced');
    table.leave('a1' as CallId);
    expect(news.filter((line) => line.includes('alone'))).toEqual([]);
  });

  test('any other namesake gets a suffix', () => {
    expect(join('a', { wantedPeer: 'anonymous' })).toBe('anonymous');
    expect(join('b', { wantedPeer: 'anonymous' })).toBe('anonymous~2');
    expect(join('c', { wantedPeer: 'anonymous', identity: 'u' })).toBe('anonymous~3');
    table.leave('b' as CallId);
    expect(join('d', { wantedPeer: 'anonymous' })).toBe('anonymous~2');
  });

  test('duplicate_peer: replace lets any namesake win', () => {
    table = create('replace');
    join('a', { wantedPeer: 'x' });
    expect(join('b', { wantedPeer: 'x' })).toBe('x');
    expect(news).toContain('a replaced');
  });
});

describe('contract 4.4 tombstones', () => {
  test('a room whose dialled legs all ended is marked for 30 s', () => {
    join('b', { incoming: false });
    expect(table.isTombstoned('r' as RoomId)).toBe(false);
    table.leave('b' as CallId);
    expect(table.isTombstoned('r' as RoomId)).toBe(true);
    clock.advanceSync(30_001);
    expect(table.isTombstoned('r' as RoomId)).toBe(false);
    expect(table.size).toBe(0);
  });

  test('a room that only callers used is not', () => {
    join('a');
    table.leave('a' as CallId);
    expect(table.isTombstoned('r' as RoomId)).toBe(false);
  });

  test('a leg that could not be made marks the room, unless somebody is there', () => {
    table.dialRefused('r' as RoomId);
    expect(table.isTombstoned('r' as RoomId)).toBe(true);
    join('a');
    table.dialRefused('r' as RoomId);
    expect(table.isTombstoned('r' as RoomId)).toBe(false);
  });

  test('marks are bounded, the oldest goes and is counted', () => {
    for (const name of ['r1', 'r2', 'r3', 'r4']) table.dialRefused(name as RoomId);
    expect(table.isTombstoned('r1' as RoomId)).toBe(false);
    expect(table.isTombstoned('r4' as RoomId)).toBe(true);
    expect(table.tombstonesDropped).toBe(1);
  });
});

describe('members that are no company', () => {
  test('who waits in a lobby is told of nobody and counts for nobody, until it is let in', () => {
    join('a', { connected: true });
    join('b', { connected: true, counts: false });
    expect(news).toEqual([]);
    table.setCounted('b', true);
    expect(news).toEqual(['a accompanied', 'b accompanied', 'a other-connected']);
    table.leave('b');
    expect(news.at(-1)).toBe('a alone true');
  });

  test('a room with nobody but those is tombstoned when its dialled leg ends', () => {
    join('watcher', { connected: true, counts: false });
    join('b', { incoming: false });
    table.leave('b');
    expect(table.isTombstoned('r' as RoomId)).toBe(true);
  });

  test('its name is taken all the same', () => {
    join('a', { counts: false, wantedPeer: 'anna' });
    expect(join('b', { wantedPeer: 'anna' })).toBe('anna~2');
  });
});

describe('moved to another room', () => {
  test('it has left the first, has met nobody in the second, and gets a free name there', () => {
    join('x', { roomId: 'other' as RoomId, wantedPeer: 'anna', connected: true });
    join('a', { wantedPeer: 'anna', connected: true });
    join('b', { connected: true });
    news = [];
    table.move('a', 'other' as RoomId);
    expect(news).toEqual(['b alone true', 'a moved other anna~2', 'a alone false']);
    table.setCounted('a', true);
    expect(news.slice(3)).toEqual(['x accompanied', 'a accompanied', 'x other-connected']);
    table.leave('a');
    expect(news.at(-1)).toBe('x alone true');
  });
});
