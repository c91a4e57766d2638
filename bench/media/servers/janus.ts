import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { CodecName } from '../../../media/index.js';
import { freePort } from '../../load/processes.js';
import { workFolder } from '../wire.js';
import type { MediaServer } from './server.js';

/** What its audiobridge takes from participants with plain RTP. */
export const janusCodecs: readonly CodecName[] = ['pcmu', 'pcma', ...(['opus'] as unknown as CodecName[])];

/** "1.1.2"; null where the Debian package `janus` is not installed. */
export function janusVersion(): string | null {
  const { stdout, error } = spawnSync('janus', ['--help'], { encoding: 'utf8' });
  return error === undefined ? (/\((\d+\.\d+\.\d+)\)/.exec(stdout)?.[1] ?? 'unknown') : null;
}

type Reply = Readonly<Record<string, unknown>>;

/** Its WebSocket API: one session, one handle for each participant, a transaction for each request. */
class JanusApi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (reply: Reply) => void>();
  #transactions = 0;
  #session = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const reply = JSON.parse(String(data)) as Reply;
      // An asynchronous request is acknowledged first.
      if (reply.janus === 'ack') return;
      const transaction = String(reply.transaction);
      this.#waiting.get(transaction)?.(reply);
      this.#waiting.delete(transaction);
    });
  }

  async begin(): Promise<void> {
    this.#session = idOf(await this.#ask({ janus: 'create' }));
  }

  async attach(): Promise<number> {
    return idOf(await this.#ask({ janus: 'attach', plugin: 'janus.plugin.audiobridge' }));
  }

  async message(handle: number, body: object): Promise<Reply> {
    const reply = await this.#ask({ janus: 'message', handle_id: handle, body });
    const { data } = (reply.plugindata ?? {}) as { data?: Reply };
    if (data === undefined || data.error !== undefined) throw new Error(`janus: ${JSON.stringify(reply)}`);
    return data;
  }

  keepAlive(): void {
    this.#socket.send(JSON.stringify({ janus: 'keepalive', session_id: this.#session, transaction: 'alive' }));
  }

  #ask(request: object): Promise<Reply> {
    this.#transactions += 1;
    const transaction = String(this.#transactions);
    const session = this.#session === 0 ? {} : { session_id: this.#session };
    this.#socket.send(JSON.stringify({ ...request, ...session, transaction }));
    return new Promise((resolve) => this.#waiting.set(transaction, resolve));
  }
}

function idOf(reply: Reply): number {
  const { data } = reply as { data?: { id?: number } };
  if (data?.id === undefined) throw new Error(`janus: ${JSON.stringify(reply)}`);
  return data.id;
}

/** Only the audiobridge and WebSockets; everything else as Debian ships it. */
function writeConfig(folder: string, wsPort: number): void {
  const library = '/usr/lib/x86_64-linux-gnu/janus';
  const others = (kind: string, kept: string): string =>
    readdirSync(`${library}/${kind}`)
      .filter((file) => file.endsWith('.so') && file !== kept)
      .join(',');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'janus.jcfg'),
    `general: { debug_level = 2, server_name = "bench", session_timeout = 0 }
certificates: { }
plugins: { disable = "${others('plugins', 'libjanus_audiobridge.so')}" }
transports: { disable = "${others('transports', 'libjanus_websockets.so')}" }
`,
  );
  writeFileSync(
    join(folder, 'janus.plugin.audiobridge.jcfg'),
    'general: { events = false, rtp_port_range = "10000-19999", local_ip = "127.0.0.1" }\n',
  );
  writeFileSync(
    join(folder, 'janus.transport.websockets.jcfg'),
    `general: { json = "compact", ws = true, ws_port = ${wsPort}, ws_ip = "127.0.0.1" }\nadmin: { admin_ws = false }\n`,
  );
}

async function connect(port: number): Promise<WebSocket> {
  for (let tries = 0; ; tries += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('open', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isOpen) return socket;
    if (tries > 50) throw new Error('janus did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The audiobridge with plain-RTP participants. G.711 rooms are mixed at 8 kHz, others at 16 kHz, as Hookline's. */
export async function startJanus(): Promise<MediaServer> {
  const wsPort = await freePort();
  const folder = join(workFolder(), `janus-${wsPort}`);
  writeConfig(folder, wsPort);
  const child = spawn('janus', ['-F', folder, '-o', '-d', '2', '-i', '127.0.0.1'], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const api = new JanusApi(await connect(wsPort));
  await api.begin();
  const alive = setInterval(() => api.keepAlive(), 20_000);
  return {
    pid: child.pid ?? 0,
    open: async (rooms, codec) => {
      const isG711 = codec === 'pcmu' || codec === 'pcma';
      const desk = await api.attach();
      const ports: number[] = [];
      let payloadType = codec === 'pcmu' ? 0 : codec === 'pcma' ? 8 : 100;
      for (const [room, endpoints] of rooms.entries()) {
        const sampling = { sampling_rate: isG711 ? 8000 : 16_000, audiolevel_ext: false, allow_rtp_participants: true };
        await api.message(desk, { request: 'create', room: room + 1, ...sampling });
        for (const port of endpoints) {
          const rtp = { ip: '127.0.0.1', port, payload_type: payloadType };
          const joined = await api.message(await api.attach(), { request: 'join', room: room + 1, codec, rtp });
          const theirs = joined.rtp as { port: number; payload_type?: number };
          ports.push(theirs.port);
          payloadType = theirs.payload_type ?? payloadType;
        }
      }
      return { ports, codec, payloadType, frameMs: 20 };
    },
    stop: async () => {
      clearInterval(alive);
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 8000);
      await ended;
      clearTimeout(late);
    },
  };
}
