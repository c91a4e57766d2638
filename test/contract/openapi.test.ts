import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { drifted, generate } from '../../scripts/write-openapi.js';

describe('openapi.yaml', () => {
  test('openapi.yaml and the client types made from it are what contract/ says', async () => {
    expect(drifted(await generate())).toEqual([]);
  });

  test('it is OpenAPI 3.1 with every v1 route and every hook', async () => {
    const document = parse((await generate()).get('openapi.yaml') ?? '');
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/',
      '/app/rtmp_session',
      '/app/sip_session',
      '/app/webrtc_session',
      '/app/whep_session',
      '/app/whip_session',
      '/calls',
      '/channel',
      '/channel/target/{uuid}',
      '/channel/{uuid}',
      '/channel/{uuid}/dtmf',
      '/channel/{uuid}/echo',
      '/channel/{uuid}/mix/{other}',
      '/channel/{uuid}/play',
      '/channel/{uuid}/record',
      '/channel/{uuid}/unmix',
      '/dialog',
      '/dialog/answer',
      '/dialog/hangup',
      '/dialog/invite',
      '/dialog/note',
      '/dialog/notify',
      '/dialog/ok',
      '/dialog/ring',
      '/dialog/{callid}',
      '/dir',
      '/dir/{domain}',
      '/dir/{domain}/{user}',
      '/events',
      '/health',
      '/invite',
      '/join/token',
      '/log/level',
      '/metrics',
      '/playbacks/{playback_id}',
      '/ready',
      '/recordings',
      '/recordings/{recording_id}',
      '/recordings/{recording_id}/files/{file}',
      '/reg',
      '/reg/{domain}',
      '/reg/{domain}/{user}',
      '/rooms',
      '/rooms/{room_id}',
      '/rooms/{room_id}/events',
      '/rooms/{room_id}/members',
      '/rooms/{room_id}/members/{member_id}',
      '/rooms/{room_id}/members/{member_id}/actions',
      '/rooms/{room_id}/playbacks',
      '/rooms/{room_id}/recordings',
      '/rooms/{room_id}/streams',
      '/sip/calls',
      '/sip/conn/{conn_id}',
      '/sip/conn/{conn_id}/quality',
      '/sip/invite/client',
      '/sip/invite/server',
      '/sip/message-summary/{aor}',
      '/sip/sessions',
      '/sounds',
      '/sounds/{name}',
      '/streams',
      '/streams/{stream_id}',
      '/token/rtpengine',
      '/token/webrtc',
      '/token/whep',
      '/token/whip',
      '/webrtc/conn/{conn_id}',
      '/webrtc/connect',
      '/webrtc/endpoint',
      '/webrtc/ice_remote',
      '/whep/conn/{conn_id}',
      '/whep/endpoint',
      '/whip/conn/{conn_id}',
      '/whip/endpoint',
    ]);
    expect(Object.keys(document.webhooks).sort()).toEqual([
      'auth',
      'channel/{uuid}',
      'control/invite',
      'dialog/{callid}',
      'event',
      'invite',
      'reg/{domain}/{user}',
      'register',
      'room',
      'unregister',
    ]);
    expect(Object.keys(document.webhooks['reg/{domain}/{user}'])).toEqual(['put', 'delete']);
    expect(Object.keys(document.paths['/reg'])).toEqual(['get', 'put', 'post', 'delete']);
    expect(document.paths['/reg'].put.servers).toMatchObject([{ url: 'http://127.0.0.1:9001' }]);
    const { schemas } = document.components;
    expect(schemas.InviteClientBody.required).toEqual(['room_id', 'dest_session_id', 'from_number']);
    expect(schemas.InviteServerBody.required).toEqual(['room_id', 'dest_addr', 'from_number', 'to_number']);
    expect(schemas.InviteHookReply.required).toEqual(['strategy']);
    expect(schemas.InviteHookRequest.required).toContain('username');
  });
});
