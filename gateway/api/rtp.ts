import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  type ClosedChannel,
  channelEvent,
  closedChannel,
  type DtmfBody,
  dtmfBody,
  type EchoBody,
  echoBody,
  type OpenChannelBody,
  type OpenedChannel,
  openChannelBody,
  openedChannel,
  type RecordBody,
  type RtpWorkload,
  recordBody,
  rtpFailure,
  rtpWorkload,
  type SetChannelBody,
  type SoundSoup,
  setChannelBody,
  soundSoup,
  type TargetBody,
  targetBody,
} from '../../contract/mediaswitch/rtp.js';
import type { ApiEnv } from './auth.js';
import { addBodylessRoute, addPlainRoute } from './plain-routes.js';
import { named } from './v1.js';

/** What the RTP server's routes ask for. They throw PlainRefusal: 404 for an id that is not, or no more. */
export interface RtpCommands {
  workload(): RtpWorkload;
  open(body: OpenChannelBody): Promise<OpenedChannel>;
  set(uuid: string, body: SetChannelBody): void;
  target(uuid: string, body: TargetBody): void;
  mix(uuid: string, other: string): void;
  unmix(uuid: string): void;
  play(uuid: string, soup: SoundSoup): void;
  record(uuid: string, body: RecordBody): Promise<void>;
  dtmf(uuid: string, body: DtmfBody): void;
  echo(uuid: string, body: EchoBody): void;
  close(uuid: string): Promise<ClosedChannel>;
}

const servers = [{ url: 'http://127.0.0.1:9002', description: 'The RTP server: `rtp_http_listen`.' }];
const tags = ['RTP server'];
const uuid = z
  .string()
  .max(64)
  .openapi({ param: { description: '`uuid` of the answer that opened the channel.' } });

function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

const failure = json(named(rtpFailure, 'RtpFailure'), 'Not done; `error` says why.');
const done = { 200: { description: 'Done; no body.' }, default: failure };

/** The routes of the RTP server, contract §3.1 and §3.4. */
export function addRtpRoutes(app: OpenAPIHono<ApiEnv>, commands: RtpCommands): void {
  for (const path of ['/', '/channel'] as const) {
    const opened = json(named(openedChannel, 'OpenedChannel'), 'A channel, and how many there are.');
    addPlainRoute(
      app,
      {
        method: 'post',
        path,
        operationId: path === '/' ? 'openRtpChannel' : 'openChannel',
        summary: 'Opens a channel.',
        servers,
        tags,
        body: named(openChannelBody, 'OpenChannelBody'),
        responses: { 200: opened, 503: failure, default: failure },
      },
      async (c, body) => c.json(await commands.open(body), 200),
    );
  }
  addChannelRoutes(app, commands);
  addSoundRoutes(app, commands);
}

function addChannelRoutes(app: OpenAPIHono<ApiEnv>, commands: RtpCommands): void {
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/channel',
      operationId: 'getRtpWorkload',
      summary: 'How many channels there are, and how busy the server is.',
      servers,
      tags,
      responses: { 200: json(named(rtpWorkload, 'RtpWorkload'), 'The workload.') },
    },
    (c) => c.json(commands.workload(), 200),
  );
  const set = named(setChannelBody, 'SetChannelBody');
  addPut(app, '/channel/{uuid}', 'setChannel', 'Where the peer is, and what was agreed on.', set, (c, body) =>
    commands.set(idOf(c), body),
  );
  const target = named(targetBody, 'TargetBody');
  addPut(app, '/channel/target/{uuid}', 'setChannelTarget', 'Where the peer is.', target, (c, body) =>
    commands.target(idOf(c), body),
  );
  addBodylessRoute(
    app,
    {
      method: 'put',
      path: '/channel/{uuid}/mix/{other}',
      params: z.object({ uuid, other: uuid }),
      operationId: 'mixChannels',
      summary: 'Two channels, and all with which they are mixed, hear each other.',
      servers,
      tags,
      responses: done,
    },
    (c) => {
      commands.mix(idOf(c), c.req.param('other') ?? '');
      return c.body(null, 200);
    },
  );
  addBodylessRoute(
    app,
    {
      method: 'put',
      path: '/channel/{uuid}/unmix',
      params: z.object({ uuid }),
      operationId: 'unmixChannel',
      summary: 'The channel is by itself again.',
      servers,
      tags,
      responses: done,
    },
    (c) => {
      commands.unmix(idOf(c));
      return c.body(null, 200);
    },
  );
  addBodylessRoute(
    app,
    {
      method: 'delete',
      path: '/channel/{uuid}',
      params: z.object({ uuid }),
      operationId: 'closeChannel',
      summary: 'Closes a channel.',
      servers,
      tags,
      responses: { 200: json(named(closedChannel, 'ClosedChannel'), 'How many channels are left.'), default: failure },
    },
    async (c) => c.json(await commands.close(idOf(c)), 200),
  );
}

function addSoundRoutes(app: OpenAPIHono<ApiEnv>, commands: RtpCommands): void {
  const play = 'Plays sound files, while the channel is not mixed.';
  addPut(app, '/channel/{uuid}/play', 'playToChannel', play, named(soundSoup, 'SoundSoup'), (c, body) =>
    commands.play(idOf(c), body),
  );
  const record = 'Records what the channel says and hears.';
  addPut(app, '/channel/{uuid}/record', 'recordChannel', record, named(recordBody, 'RecordBody'), (c, body) =>
    commands.record(idOf(c), body),
  );
  const dtmf = 'Sends digits (RFC 4733).';
  addPut(app, '/channel/{uuid}/dtmf', 'sendChannelDtmf', dtmf, named(dtmfBody, 'DtmfBody'), (c, body) =>
    commands.dtmf(idOf(c), body),
  );
  const echo = 'The channel hears itself, or not any more.';
  addPut(app, '/channel/{uuid}/echo', 'echoChannel', echo, named(echoBody, 'EchoBody'), (c, body) =>
    commands.echo(idOf(c), body),
  );
}

/** A PUT that is answered with nothing. */
function addPut<Body extends z.ZodType>(
  app: OpenAPIHono<ApiEnv>,
  path: string,
  operationId: string,
  summary: string,
  body: Body,
  run: (c: Context<ApiEnv>, body: z.output<Body>) => void | Promise<void>,
): void {
  const params = z.object({ uuid });
  const route = { method: 'put', path, params, operationId, summary, servers, tags, body, responses: done } as const;
  addPlainRoute(app, route, async (c, read) => {
    await run(c, read);
    return c.body(null, 200);
  });
}

function idOf(c: Context<ApiEnv>): string {
  return c.req.param('uuid') ?? '';
}

/** What the RTP server tells of a channel, as a webhook of the description. */
export const channelEventHook = {
  method: 'post',
  path: 'channel/{uuid}',
  operationId: 'channelEvent',
  tags,
  summary: 'A key was pressed, a recording began or ended, the channel was closed. Told in order per channel, 10 s.',
  description: 'POST {control}/channel/{uuid}, where the channel was opened with `control`. Never repeated.',
  request: {
    body: { required: true, content: { 'application/json': { schema: named(channelEvent, 'ChannelEvent') } } },
  },
  responses: { 200: { description: 'Taken.' } },
} as const;
