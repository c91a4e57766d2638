import type { Clock } from '../../base/clock.js';
import type { Network, SocketAddress, TcpConnection, UdpSocket } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { type DnsAnswer, type DnsQuestion, type DnsType, encodeQuery, mixCase, readAnswer } from './dns-message.js';
import type { NameServers } from './system-files.js';

export interface DnsCounters {
  /** Questions sent, over UDP and TCP, repeated ones included. */
  sent: number;
  sentByTcp: number;
  /** Tries that got no answer in their time. */
  timeouts: number;
  /** The system said that nobody is there. */
  unreachable: number;
  /** Messages dropped because they came from elsewhere, or answered another question. */
  foreign: number;
  /** Messages dropped because they could not be read. */
  malformed: number;
  /** Answers that did not fit a datagram. */
  truncated: number;
  /** Answers that say that the server cannot tell. */
  serverFailures: number;
}

export interface DnsClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly counters: DnsCounters;
  /** No try waits longer than its share of this. */
  readonly deadlineMs: number;
}

type Try = { readonly ok: true; readonly answer: DnsAnswer } | { readonly ok: false; readonly failure: TryFailure };
type TryFailure = 'timeout' | 'server-failure' | 'unreachable' | 'no-edns' | 'aborted';

export type DnsReply =
  | { readonly ok: true; readonly answer: DnsAnswer }
  | { readonly ok: false; readonly failure: 'timeout' | 'server-failure' | 'aborted' };

/** The shortest wait for an answer, whatever the number of servers. */
const MIN_TRY_MS = 300;
const NO_ERROR = 0;
const FORMAT_ERROR = 1;
const NO_SUCH_NAME = 3;
const MAX_TCP_BYTES = 2 + 0xffff;

/**
 * Asks name servers: RFC 1035 §4.2, RFC 7766. Each try has a socket of its own, and with it a new source port, a
 * random id and a name in random case (plain from the second round on, for servers that do not repeat the case).
 * What does not come from the server asked, or does not repeat the question, is dropped and counted. Over TCP after a
 * truncated answer; without EDNS after a format error.
 */
export class DnsClient {
  readonly #options: DnsClientOptions;
  /** The server that answered last is asked first. */
  #preferred = 0;

  constructor(options: DnsClientOptions) {
    this.#options = options;
  }

  async ask(name: string, type: DnsType, from: NameServers, signal: AbortSignal): Promise<DnsReply> {
    const { servers, attempts } = from;
    const shareMs = this.#options.deadlineMs / Math.max(1, servers.length * attempts);
    const tryMs = Math.min(from.timeoutMs, Math.max(MIN_TRY_MS, shareMs));
    let told = false;
    for (let round = 0; round < attempts; round += 1) {
      for (let i = 0; i < servers.length; i += 1) {
        const index = (this.#preferred + i) % servers.length;
        const asked = round === 0 ? mixCase(name, this.#options.random) : name;
        const reply = await this.#askServer(servers[index]!, { name: asked, type }, tryMs, signal);
        if (reply.ok) {
          this.#preferred = index;
          return reply;
        }
        if (reply.failure === 'aborted') return { ok: false, failure: 'aborted' };
        if (reply.failure === 'server-failure') told = true;
      }
    }
    return { ok: false, failure: told ? 'server-failure' : 'timeout' };
  }

  async #askServer(
    server: SocketAddress,
    question: Pick<DnsQuestion, 'name' | 'type'>,
    tryMs: number,
    signal: AbortSignal,
  ): Promise<Try> {
    const local = await this.#options.network.routeTo(server.address).catch(() => null);
    if (signal.aborted) return { ok: false, failure: 'aborted' };
    if (local === null) return { ok: false, failure: 'unreachable' };
    const ask = (edns: boolean): Promise<Try> => {
      const whole = { ...question, id: this.#options.random.uint32() & 0xffff };
      return this.#askByUdp({ server, local, question: whole, edns, tryMs, signal });
    };
    let reply = await ask(true);
    if (!reply.ok && reply.failure === 'no-edns') reply = await ask(false);
    if (!reply.ok || !reply.answer.truncated) return reply;
    this.#options.counters.truncated += 1;
    const id = this.#options.random.uint32() & 0xffff;
    return this.#askByTcp({ server, local, question: { ...question, id }, edns: true, tryMs, signal });
  }

  #askByUdp({ server, local, question, edns, tryMs, signal }: Ask): Promise<Try> {
    const { clock, network, counters } = this.#options;
    return new Promise((resolve) => {
      let socket: UdpSocket | null = null;
      let over = false;
      const settle = (result: Try): void => {
        if (over) return;
        over = true;
        timer.cancel();
        signal.removeEventListener('abort', abort);
        void socket?.close();
        resolve(result);
      };
      const abort = (): void => settle({ ok: false, failure: 'aborted' });
      const timer = clock.setTimer(tryMs, () => {
        counters.timeouts += 1;
        settle({ ok: false, failure: 'timeout' });
      });
      signal.addEventListener('abort', abort, { once: true });
      const onMessage = (data: Buffer, address: string, port: number): void => {
        if (over) return;
        if (address !== server.address || port !== server.port) counters.foreign += 1;
        else this.#judge(data, question, edns, settle);
      };
      const unreachable = (): void => {
        if (!over) counters.unreachable += 1;
        settle({ ok: false, failure: 'unreachable' });
      };
      network.bindUdp({ address: local, port: 0 }, { onMessage, onError: unreachable }).then((bound) => {
        socket = bound;
        if (over) {
          void bound.close();
          return;
        }
        const query = encodeQuery(question, edns);
        counters.sent += 1;
        bound.send(query, 0, query.length, server.port, server.address, (error) => {
          if (error) unreachable();
        });
      }, unreachable);
    });
  }

  #askByTcp({ server, question, tryMs, signal }: Ask): Promise<Try> {
    const { clock, network, counters } = this.#options;
    return new Promise((resolve) => {
      let connection: TcpConnection | null = null;
      let received = Buffer.alloc(0);
      let over = false;
      const settle = (result: Try): void => {
        if (over) return;
        over = true;
        timer.cancel();
        signal.removeEventListener('abort', abort);
        connection?.destroy();
        resolve(result);
      };
      const abort = (): void => settle({ ok: false, failure: 'aborted' });
      const timer = clock.setTimer(tryMs, () => {
        counters.timeouts += 1;
        settle({ ok: false, failure: 'timeout' });
      });
      signal.addEventListener('abort', abort, { once: true });
      const unreachable = (): void => {
        if (!over) counters.unreachable += 1;
        settle({ ok: false, failure: 'unreachable' });
      };
      const onData = (data: Buffer): void => {
        if (over) return;
        received = Buffer.concat([received, data]);
        const wholeBytes = received.length < 2 ? MAX_TCP_BYTES : 2 + received.readUInt16BE(0);
        if (received.length < wholeBytes) return;
        this.#judge(received.subarray(2, wholeBytes), question, true, settle);
        // Nobody but the server writes here; what is no answer will not become one.
        unreachable();
      };
      network.connectTcp(server, { onData, onClose: unreachable }, { timeoutMs: tryMs, signal }).then((opened) => {
        connection = opened;
        if (over) {
          opened.destroy();
          return;
        }
        const query = encodeQuery(question, true);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(query.length);
        counters.sent += 1;
        counters.sentByTcp += 1;
        opened.write(Buffer.concat([length, query]));
      }, unreachable);
    });
  }

  #judge(data: Buffer, question: DnsQuestion, edns: boolean, settle: (result: Try) => void): void {
    const { counters } = this.#options;
    const read = readAnswer(data, question);
    if (!read.ok) {
      counters[read.fault] += 1;
      return;
    }
    const { rcode } = read.value;
    if (rcode === NO_ERROR || rcode === NO_SUCH_NAME) {
      settle({ ok: true, answer: read.value });
    } else if (rcode === FORMAT_ERROR && edns) {
      settle({ ok: false, failure: 'no-edns' });
    } else {
      counters.serverFailures += 1;
      settle({ ok: false, failure: 'server-failure' });
    }
  }
}

interface Ask {
  readonly server: SocketAddress;
  readonly local: string;
  readonly question: DnsQuestion;
  readonly edns: boolean;
  readonly tryMs: number;
  readonly signal: AbortSignal;
}
