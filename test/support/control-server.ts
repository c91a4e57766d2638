import { createServer } from 'node:http';
import type { DialogDocument } from '../../contract/mediaswitch/dialogs.js';
import { type HttpAnswer, type HttpRequest, HttpTransportError } from '../../gateway/hooks/transport.js';

/** One request of the gateway, as it arrived. */
export interface ControlCall {
  readonly method: string;
  readonly path: string;
  readonly body: DialogDocument;
}

/** A status; `refuse`: as if nothing listened; `never`: no answer. */
export type ControlReply = number | 'refuse' | 'never';

/** What the control server does with an event of a dialog, after it has answered it. */
export type ControlScript = (event: DialogDocument) => void | Promise<void>;

/** A control server that keeps what it is told, in order, and whose reactions a test scripts. */
export class FakeControlServer {
  static readonly url = 'http://control.test:9001';
  readonly calls: ControlCall[] = [];
  /** What every request is answered from now on. */
  reply: ControlReply | ((event: DialogDocument) => ControlReply) = 200;
  script: ControlScript = () => undefined;

  /** Events of one dialog, or of all. */
  events(callid?: string): DialogDocument[] {
    const all = this.calls.filter(({ path }) => path.startsWith('/dialog/')).map(({ body }) => body);
    return callid === undefined ? all : all.filter((body) => body.callid === callid);
  }

  /** The newest event. */
  get last(): DialogDocument {
    const [event] = this.events().slice(-1);
    if (event === undefined) throw new Error('no event came');
    return event;
  }

  /** For the virtual network; what is for others goes to them. */
  transport(others: (request: HttpRequest) => Promise<HttpAnswer>): (request: HttpRequest) => Promise<HttpAnswer> {
    return async (request) => {
      const { origin, pathname } = new URL(request.url);
      if (origin !== FakeControlServer.url) return others(request);
      const reply = this.#take(request.method, pathname, request.body);
      if (reply === 'refuse') throw new HttpTransportError('connect', 'connect ECONNREFUSED');
      if (reply === 'never') {
        await new Promise((_resolve, reject) => {
          request.signal.addEventListener('abort', () => reject(new HttpTransportError('aborted', 'given up')));
        });
      }
      return { status: reply as number, headers: {}, body: '' };
    };
  }

  /** Serves on a free loopback port. */
  async listen(): Promise<{ readonly url: string; close(): Promise<void> }> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const reply = this.#take(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString());
      if (typeof reply !== 'number') request.socket.destroy();
      else response.writeHead(reply).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${port}`, close };
  }

  #take(method: string, path: string, text: string): ControlReply {
    const body = (text === '' ? {} : JSON.parse(text)) as DialogDocument;
    this.calls.push({ method, path, body });
    const reply = typeof this.reply === 'function' ? this.reply(body) : this.reply;
    if (reply === 200 && path.startsWith('/dialog/')) void Promise.resolve().then(() => this.script(body));
    return reply;
  }
}
