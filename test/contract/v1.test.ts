import { describe, expect, test } from 'vitest';
import { apiErrorStatus } from '../../contract/errors.js';
import {
  authHookReply,
  inviteClientBody,
  inviteHookReply,
  inviteServerBody,
  terminalCallStates,
} from '../../contract/v1.js';

describe('contract §2.0 hook answers', () => {
  test('a missing optional field equals null, unknown fields are ignored', () => {
    expect(authHookReply.parse({ success: true })).toEqual({ success: true, ha1: null });
    expect(authHookReply.parse({ success: false, ha1: null, reason: 'x' })).toEqual({ success: false, ha1: null });
    expect(inviteHookReply.parse({ strategy: 'Reject' })).toEqual({ strategy: 'Reject', room_id: null, echo: false });
    expect(inviteHookReply.parse({ strategy: 'Accept', room_id: 'r', echo: null })).toEqual({
      strategy: 'Accept',
      room_id: 'r',
      echo: false,
    });
  });

  test('contract §2.4 the words of strategy are exactly these', () => {
    for (const strategy of ['Reject', 'Accept', 'WaitOtherPeers']) {
      expect(inviteHookReply.safeParse({ strategy }).success).toBe(true);
    }
    for (const strategy of ['WaitOthers', 'accept', 'ACCEPT', '', null, 1, undefined]) {
      expect(inviteHookReply.safeParse({ strategy }).success).toBe(false);
    }
  });

  test('a missing required field or a wrong type makes the whole answer invalid', () => {
    for (const answer of [{}, { success: 'true' }, { success: true, ha1: 5 }, null, [], 'x', { ha1: 'a' }]) {
      expect(authHookReply.safeParse(answer).success).toBe(false);
    }
    expect(inviteHookReply.safeParse({ strategy: 'Accept', room_id: 9000 }).success).toBe(false);
    expect(inviteHookReply.safeParse({ strategy: 'Accept', room_id: 'r', echo: 'yes' }).success).toBe(false);
  });
});

describe('contract §3 API bodies', () => {
  test('optional fields may be missing or null', () => {
    const client = { room_id: 'r', dest_session_id: 's', from_number: '' };
    expect(inviteClientBody.parse(client)).toEqual({ ...client, server_alias: null, hook_uri: null });
    const server = { room_id: 'r', dest_addr: 'x', from_number: '1', to_number: '2' };
    const all = { ...server, dest_auth: null, server_alias: null, hook_uri: null };
    expect(inviteServerBody.parse(server)).toEqual(all);
    expect(inviteServerBody.parse(all)).toEqual(all);
  });

  test('names may be of any script, but no control characters', () => {
    const client = { dest_session_id: 's', from_number: '1' };
    expect(inviteClientBody.safeParse({ ...client, room_id: 'Büro 北 🎧' }).success).toBe(true);
    for (const room_id of ['a\r\nb', 'a\u0000', '\u007f']) {
      expect(inviteClientBody.safeParse({ ...client, room_id }).success).toBe(false);
    }
  });
});

test('contract §3.4 statuses of the error words', () => {
  expect(apiErrorStatus).toMatchObject({
    NOT_FOUND: 400,
    INVALID_DEST_ADDR: 400,
    BAD_REQUEST: 400,
    INTERNAL_ERROR: 500,
    UNSUPPORTED_MEDIA_TYPE: 415,
    UNAUTHORIZED: 401,
  });
});

test('contract §2.5 four states end a call', () => {
  expect([...terminalCallStates].sort()).toEqual(['Canceled', 'Ended', 'Failed', 'Rejected']);
});
