import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { RTCPeerConnection } from 'werift';
import type { RoomEventBody } from '../../../contract/room-events.js';
import type { ApiEnv } from '../../../gateway/api/auth.js';
import { addJoinPage } from '../../../gateway/api/join-page.js';

interface Refusal {
  readonly status: number;
  readonly code: string;
}

interface Member {
  readonly member_id: string;
  readonly peer: string;
  readonly kind: 'sip' | 'webrtc' | 'stream';
  readonly device: 'phone' | 'browser' | 'application';
  readonly role: 'host' | 'member' | 'listener';
  readonly place: 'room' | 'lobby';
  muted: boolean;
  muted_by?: 'self' | 'host' | null;
  speaking: boolean;
}

/** The real page, and as much of the rooms' API as it uses; werift answers its offers. */
export class FakeRooms {
  /** `POST /webrtc/endpoint?…`, in order. */
  readonly asked: string[] = [];
  readonly bodies: string[] = [];
  readonly members: Member[] = [];
  /** What the next way in is refused with. */
  refusal: Refusal | null = null;
  /** What reading and changing the room is refused with. */
  roomRefusal: Refusal | null = null;
  /** How a page comes in. */
  ownState: Partial<Member> = {};
  /** An offer is answered once this is resolved. */
  held: Promise<unknown> = Promise.resolve();
  readonly #server: Server;
  readonly #connections: RTCPeerConnection[] = [];
  readonly #streams: ServerResponse[] = [];
  readonly #told: string[] = [];
  readonly #events: object[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeRooms> {
    const app = new OpenAPIHono<ApiEnv>();
    addJoinPage(app);
    const pages = getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false });
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/join') === true) void pages(request, response);
      else void rooms.#answer(request, response);
    });
    const rooms = new FakeRooms(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return rooms;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/join`;
  }

  /** Tells everybody who reads the events. */
  tell(event: Partial<RoomEventBody> & { readonly type: string }): void {
    const seq = this.#told.length + 1;
    const whole = { seq, room_id: 'r', ts: 0, ...event };
    const block = `id: 1-${seq}\nevent: ${event.type}\ndata: ${JSON.stringify(whole)}\n\n`;
    this.#events.push(whole);
    this.#told.push(block);
    for (const stream of this.#streams) stream.write(block);
  }

  /** Everybody who reads the events has to ask again. */
  drop(): void {
    for (const stream of this.#streams.splice(0)) stream.end();
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    for (const stream of this.#streams) stream.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    this.asked.push(`${request.method} ${request.url}`);
    this.bodies.push(body);
    if (pathname.startsWith('/rooms/') && this.roomRefusal !== null) refuse(response, this.roomRefusal);
    else if (request.method === 'POST') await this.#connect(body, response);
    else if (pathname.endsWith('/events') && request.headers.accept === 'text/event-stream')
      this.#stream(request, response);
    else if (pathname.endsWith('/events'))
      json(response, 200, {
        started_ms: 1,
        last_seq: this.#events.length,
        events: this.#events.slice(Number(searchParams.get('after') ?? 0)),
      });
    else if (pathname.endsWith('/members')) json(response, 200, { members: this.members });
    else json(response, 200, {});
  }

  async #connect(offer: string, response: ServerResponse): Promise<void> {
    await this.held;
    if (this.refusal !== null) {
      refuse(response, this.refusal);
      return;
    }
    const connection = new RTCPeerConnection({ iceAdditionalHostAddresses: ['127.0.0.1'] });
    this.#connections.push(connection);
    await connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await connection.setLocalDescription(await connection.createAnswer());
    this.members.unshift(someone({ member_id: 'me', peer: 'Anna', ...this.ownState }));
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: '/webrtc/conn/me.key', ETag: '"1"' });
    response.end(connection.localDescription?.sdp);
  }

  #stream({ headers }: IncomingMessage, response: ServerResponse): void {
    const after = Number(/^1-(\d+)$/.exec(String(headers['last-event-id']))?.[1] ?? 0);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(`: begin\n\n${this.#told.slice(after).join('')}`);
    this.#streams.push(response);
  }
}

export function someone(of: Partial<Member> & Pick<Member, 'member_id' | 'peer'>): Member {
  return { kind: 'webrtc', device: 'browser', role: 'member', place: 'room', muted: false, speaking: false, ...of };
}

function refuse(response: ServerResponse, { status, code }: Refusal): void {
  json(response, status, { type: 'about:blank', status, code });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
