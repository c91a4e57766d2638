import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProjectControl, type ProjectControl } from '../../control/index.js';
import type {
  HttpExchange,
  HttpReply,
  HttpRequest,
  ServedReply,
  ServedRequest,
} from '../../control/projectcontrol/http.js';
import { ManualClock, settle } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';

/** A request as a test reads it. */
export interface Seen {
  readonly line: string;
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | null;
}

type Answer = { readonly status: number; readonly message?: string; readonly body?: unknown };

/** What both servers have: they can be gone, slow, or refuse what a test names. */
abstract class FakeServer {
  readonly seen: Seen[] = [];
  isGone = false;
  /** Answers by request line, such as `POST /channel`, instead of the usual one. */
  readonly refusals = new Map<string, Answer>();
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  readonly #name: string;
  readonly #wire: string[];

  constructor(name: string, wire: string[]) {
    this.#name = name;
    this.#wire = wire;
  }

  /** No answer leaves until `resume`; what is asked takes effect all the same. */
  pause(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  resume(): void {
    this.#open();
    this.#gate = Promise.resolve();
  }

  async exchange({ method, path, body, signal }: HttpRequest): Promise<HttpReply> {
    if (this.isGone) throw new Error('connect ECONNREFUSED');
    const line = `${method} ${path}`;
    const json = body === null ? null : (JSON.parse(body) as Record<string, unknown>);
    this.seen.push({ line, method, path, body: json });
    if (method !== 'GET' && path !== '/dialog/note')
      this.#wire.push(`${this.#name} ${line}${typeof json?.callid === 'string' ? ` ${json.callid}` : ''}`);
    const answer = this.refusals.get(line) ?? this.answer(method, path, json);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
    await Promise.race([this.#gate, aborted]);
    return { status: answer.status, message: answer.message ?? '', body: JSON.stringify(answer.body) ?? '' };
  }

  protected abstract answer(method: string, path: string, body: Record<string, unknown> | null): Answer;

  bodiesOf(line: string): (Record<string, unknown> | null)[] {
    return this.seen.filter((each) => each.line === line).map(({ body }) => body);
  }
}

export interface FakeDialog {
  callid: string;
  domain: string;
  to: string;
  from: string;
  contact: string;
  maxforwards: number;
  authenticated: boolean;
  ring: boolean;
  answered: boolean;
  hold: boolean;
  originator: boolean;
  hangup: boolean;
  error: { code: number; status: string };
  remote: { host: string; port: number };
  sdp: { them: object; us: object };
  epochs: { start: number; ring: number; answer: number; end: number };
}

/** A phone's description as the SIP server tells it. */
export function phoneSdp(
  port: number,
  more: { payloads?: number[]; address?: string; direction?: string } = {},
): object {
  const { payloads = [9, 8, 0, 97, 101], address = '192.0.2.7', direction = 'sendrecv' } = more;
  const names = { 97: 'iLBC', 101: 'telephone-event' } as Record<number, string>;
  const dynamic = payloads.filter((payload) => payload in names);
  return {
    v: 0,
    o: { username: '-', sessionid: port, sessionversion: 1, nettype: 'IN', ipver: 4, address },
    s: '-',
    c: [{ nettype: 'IN', ipver: 4, address }],
    t: { start: 0, stop: 0 },
    m: [
      {
        ...{ media: 'audio', port, proto: 'RTP/AVP', payloads, direction },
        rtpmap: Object.fromEntries(dynamic.map((payload) => [payload, { encoding: names[payload], clock: '8000' }])),
      },
    ],
  };
}

const noError = { code: 0, status: '' };

/** The SIP server's HTTP side, contract 1.4 and 1.5: commands change its dialogs, and a test says what the phones do. */
export class FakeProjectSip extends FakeServer {
  readonly dialogs = new Map<string, FakeDialog>();
  readonly notes = new Map<string, unknown>();
  /** Our BYE and CANCEL are answered at once, with the event that follows. */
  confirmsHangups = true;
  /** Hears every event, and says whether it was taken. */
  tell: (request: ServedRequest) => ServedReply = () => ({ status: 200 });
  #count = 0;

  protected answer(method: string, path: string, body: Record<string, unknown> | null): Answer {
    if (path.startsWith('/dir/')) return { status: 201 };
    if (method === 'GET') {
      const [, callid, query] = /^\/dialog\/?([^?]*)(\?.*)?$/.exec(path) ?? [];
      const callids = query === undefined ? {} : { callids: [...this.dialogs.keys()] };
      if (!callid) return { status: 200, body: { count: this.dialogs.size, counter: this.#count, ...callids } };
      const note = this.notes.has(callid) ? { note: this.notes.get(callid) } : {};
      return this.dialogs.has(callid)
        ? { status: 200, body: { ...this.dialogs.get(callid), ...note } }
        : { status: 404 };
    }
    if (method === 'POST' && path === '/dialog/invite') return this.#originate(body ?? {});
    const dialog = this.dialogs.get(String(body?.callid));
    if (dialog === undefined) return { status: 404, message: 'Not found' };
    if (path === '/dialog/note') this.notes.set(dialog.callid, body?.note);
    if (path === '/dialog/ring') dialog.ring = true;
    if (body?.sdp !== undefined) dialog.sdp.us = body.sdp as object;
    if (path === '/dialog/hangup') this.#hangup(dialog, body ?? {});
    return { status: 200 };
  }

  #originate(body: Record<string, unknown>): Answer {
    const { from, to, sdp, maxforwards } = body as {
      from: { user: string; domain: string };
      to: { user: string };
      sdp: object;
      maxforwards: number;
    };
    const callid = this.#add({ to: to.user, from: from.user, domain: from.domain, originator: true, maxforwards });
    this.dialogs.get(callid)!.sdp = { them: {}, us: sdp };
    return { status: 200, body: { callid } };
  }

  #add(known: Partial<FakeDialog>): string {
    this.#count += 1;
    const callid = known.callid ?? `call-${this.#count}`;
    this.dialogs.set(callid, {
      ...{ callid, domain: 'pbx.example.com', to: '', from: '', contact: '', maxforwards: 70, authenticated: true },
      ...{ ring: false, answered: false, hold: false, originator: false, hangup: false, error: noError },
      ...{ remote: { host: '192.0.2.7', port: 5060 }, sdp: { them: {}, us: {} } },
      epochs: { start: 1_700_000_000, ring: 0, answer: 0, end: 0 },
      ...known,
    });
    return callid;
  }

  #hangup(dialog: FakeDialog, { code, reason }: Record<string, unknown>): void {
    if (!dialog.answered && !dialog.originator)
      dialog.error = { code: Number(code ?? 404), status: String(reason ?? '') };
    if (this.confirmsHangups) queueMicrotask(() => this.end(dialog.callid, dialog.error));
  }

  /** Event 1. The Call-ID, and what the control server answered. */
  invite(from: string, to: string, more: Partial<FakeDialog> = {}): string {
    const callid = this.#add({ from, to, sdp: { them: phoneSdp(4000), us: {} }, ...more });
    this.event(callid);
    return callid;
  }

  event(callid: string, more: object = {}): ServedReply {
    const body = JSON.stringify({ ...this.dialogs.get(callid), ...more });
    return this.tell({ method: 'PUT', target: `/dialog/${callid}`, body });
  }

  change(callid: string, changes: Partial<FakeDialog>, more: object = {}): void {
    const dialog = this.dialogs.get(callid);
    if (dialog === undefined) return;
    Object.assign(dialog, changes);
    this.event(callid, more);
  }

  /** Event 9, on 180. */
  rings(callid: string): void {
    this.change(callid, { ring: true });
  }

  /** Events 2 and 9: an ACK for our 200, or a 200 for our INVITE. */
  answered(callid: string, port = 4000): void {
    const dialog = this.dialogs.get(callid);
    if (dialog === undefined) return;
    const them = dialog.originator || !('m' in dialog.sdp.them) ? phoneSdp(port) : dialog.sdp.them;
    this.change(callid, { answered: true, sdp: { them, us: dialog.sdp.us } });
  }

  holds(callid: string, hold: boolean, port = 4000): void {
    const { us } = this.dialogs.get(callid)!.sdp;
    this.change(callid, { hold, sdp: { them: phoneSdp(port, { direction: hold ? 'inactive' : 'sendrecv' }), us } });
  }

  refers(callid: string, to: string, replaces?: string): void {
    this.event(callid, { refer: { to, ...(replaces === undefined ? {} : { replaces }) } });
  }

  /** Events 6, 7 and 8: it is over, and forgotten. */
  end(callid: string, error = noError): void {
    if (!this.dialogs.has(callid)) return;
    this.change(callid, { hangup: true, error });
    this.dialogs.delete(callid);
    this.notes.delete(callid);
  }
}

/** The RTP server's HTTP side, contract 3.1. */
export class FakeProjectRtp extends FakeServer {
  /** Open channels, and with whom each is mixed. */
  readonly channels = new Map<string, string | null>();
  /** Which run of it says so with each channel; the original says nothing. */
  server: string | undefined;
  /** It answers GET /channel, which the original has not. */
  tellsWorkload = false;
  #count = 0;

  /** Killed, and there again at once. */
  startAnew(server?: string): void {
    this.channels.clear();
    this.server = server;
  }

  protected answer(method: string, path: string): Answer {
    if (method === 'GET' && path === '/channel' && this.tellsWorkload) {
      return { status: 200, body: { channels: { active: this.channels.size, available: 5000 - this.channels.size } } };
    }
    if (method === 'POST' && path === '/channel') {
      this.#count += 1;
      const uuid = `ch-${this.#count}`;
      this.channels.set(uuid, null);
      const channels = { active: this.channels.size, available: 5000 - this.channels.size };
      return {
        status: 200,
        body: {
          uuid,
          channel: uuid,
          ip: '198.51.100.1',
          port: 10_000 + 2 * this.#count,
          channels,
          server: this.server,
        },
      };
    }
    const [, , uuid = '', action, other = ''] = path.split('/');
    if (!this.channels.has(uuid) || (action === 'mix' && !this.channels.has(other))) return { status: 404 };
    if (action === 'mix') {
      this.channels.set(uuid, other);
      this.channels.set(other, uuid);
    }
    if (action === 'unmix' || method === 'DELETE') this.#part(uuid);
    if (method === 'DELETE') this.channels.delete(uuid);
    return { status: 200 };
  }

  #part(uuid: string): void {
    const other = this.channels.get(uuid) ?? null;
    if (this.channels.has(uuid)) this.channels.set(uuid, null);
    if (other !== null && this.channels.has(other)) this.channels.set(other, null);
  }
}

/** Serves one of both on a free loopback port. */
export async function serveFake(fake: FakeProjectSip | FakeProjectRtp): Promise<{ port: number; close(): void }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? null : Buffer.concat(chunks).toString('utf8');
    const { method = '', url: path = '' } = request;
    const { signal } = new AbortController();
    const reply = await fake.exchange({ address: { host: '', port: 0 }, method, path, body, signal });
    response.writeHead(reply.status, reply.message || undefined).end(reply.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: () => server.close().closeAllConnections() };
}

export interface ControlWorld {
  readonly clock: ManualClock;
  readonly control: ProjectControl;
  readonly sip: FakeProjectSip;
  readonly rtp: FakeProjectRtp;
  /** Every command to both, in order: `sip PUT /dialog/ring call-1`, `rtp PUT /channel/ch-1/mix/ch-2`. */
  readonly wire: string[];
  /** What was reported. */
  readonly reports: string[];
  /** A request to the control server. */
  ask(method: string, target: string, body?: unknown): ServedReply;
  /** Takes the commands so far off the wire, once nothing is under way. */
  taken(): Promise<string[]>;
}

/** A control server with both other servers, on a clock of its own and without sockets. */
export async function createControlWorld(
  maxCalls?: number,
  /** The control server of that world is gone, and the new one works with the same two others. */
  earlier?: ControlWorld,
  /** Before `run()`. */
  script: (control: ProjectControl) => void = () => undefined,
): Promise<ControlWorld> {
  const clock = earlier?.clock ?? new ManualClock();
  const wire: string[] = earlier?.wire ?? [];
  const reports: string[] = [];
  const sip = earlier?.sip ?? new FakeProjectSip('sip', wire);
  const rtp = earlier?.rtp ?? new FakeProjectRtp('rtp', wire);
  const http: HttpExchange = (request) => (request.address.port === 9002 ? rtp : sip).exchange(request);
  let serve: (request: ServedRequest) => ServedReply = () => ({ status: 503 });
  const control = createProjectControl({
    ...{ clock, http, random: createSeededRandom(1), logger: (message: string) => reports.push(message) },
    listen: async ({ port }, given) => {
      serve = given;
      return { port, close: async () => undefined };
    },
    ...(maxCalls === undefined ? {} : { maxCalls }),
  });
  sip.tell = (request) => serve(request);
  script(control);
  await control.run();
  const ask = (method: string, target: string, body?: unknown): ServedReply =>
    serve({ method, target, body: body === undefined ? '' : JSON.stringify(body) });
  const taken = async (): Promise<string[]> => {
    await settle();
    return wire.splice(0);
  };
  return { clock, control, sip, rtp, wire, reports, ask, taken };
}
