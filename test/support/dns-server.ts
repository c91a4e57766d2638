import { type Answer, type DecodedPacket, decode, encode, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Clock } from '../../base/clock.js';
import type { Network, TcpListener, UdpSocket } from '../../base/network.js';

type Type = 'A' | 'AAAA' | 'SRV' | 'NAPTR' | 'CNAME' | 'SOA';

/** What came, and how. */
export interface Asked {
  readonly type: string;
  /** Letters as they came. */
  readonly name: string;
  readonly over: 'udp' | 'tcp';
  readonly id: number;
  readonly port: number;
}

/** A small name server with one zone in memory, on the network of a test. */
export class DnsServer {
  readonly asked: Asked[] = [];
  /** True for a question that gets no answer. */
  mute: (asked: Asked) => boolean = () => false;
  delayMs = 0;
  /** Of each answer: 0, 1 format error, 2 server failure. */
  rcode: (asked: Asked) => number = () => 0;
  /** UDP answers with more records than this are cut. */
  maxRecords = Number.POSITIVE_INFINITY;
  /** Sent before the real answer, over UDP. */
  forge: ((query: DecodedPacket) => Buffer) | null = null;
  /** Whether the question of the answer repeats the letters of the query. */
  repeatsCase = true;
  negativeTtlS: number | null = 60;
  readonly #clock: Clock;
  readonly #records = new Map<string, Answer[]>();
  #udp: UdpSocket | null = null;
  #tcp: TcpListener | null = null;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async open(clock: Clock, network: Network, address: string): Promise<DnsServer> {
    const server = new DnsServer(clock);
    const local = { address, port: 53 };
    server.#udp = await network.bindUdp(local, {
      onMessage: (data, from, port) => server.#answerUdp(Buffer.from(data), from, port),
      onError: () => undefined,
    });
    server.#tcp = await network.listenTcp(local, (connection) => ({
      onData: (data) => {
        const reply = server.#reply(decode(data.subarray(2)), 'tcp', connection.remote.port);
        if (reply === null) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        // In two pieces, as a stream may.
        connection.write(Buffer.concat([length, reply.subarray(0, 5)]));
        connection.write(reply.subarray(5));
      },
      onClose: () => undefined,
    }));
    return server;
  }

  a(name: string, address: string, ttl = 300): this {
    return this.#add({ name, type: address.includes(':') ? 'AAAA' : 'A', ttl, data: address } as Answer);
  }

  cname(name: string, target: string, ttl = 300): this {
    return this.#add({ name, type: 'CNAME', ttl, data: target });
  }

  srv(name: string, target: string, port: number, priority = 0, weight = 0, ttl = 300): this {
    return this.#add({ name, type: 'SRV', ttl, data: { target, port, priority, weight } });
  }

  naptr(name: string, order: number, preference: number, flags: string, services: string, replacement: string): this {
    const data = { order, preference, flags, services, regexp: '', replacement };
    return this.#add({ name, type: 'NAPTR', ttl: 300, data });
  }

  remove(name: string): void {
    for (const key of [...this.#records.keys()]) if (key.endsWith(` ${name}`)) this.#records.delete(key);
  }

  /** `SRV _sip._udp.example.com` of each question, names in lower case. */
  questions(): string[] {
    return this.asked.map(({ type, name }) => `${type} ${name.toLowerCase()}`);
  }

  async close(): Promise<void> {
    await this.#udp?.close();
    await this.#tcp?.close();
  }

  #add(record: Answer): this {
    const key = `${record.type} ${record.name}`;
    this.#records.set(key, [...(this.#records.get(key) ?? []), record]);
    return this;
  }

  #answerUdp(data: Buffer, address: string, port: number): void {
    const query = decode(data);
    const send = (bytes: Buffer): void => this.#udp?.send(bytes, 0, bytes.length, port, address);
    if (this.forge !== null) send(this.forge(query));
    const reply = this.#reply(query, 'udp', port);
    if (reply === null) return;
    if (this.delayMs === 0) send(reply);
    else this.#clock.setTimer(this.delayMs, () => send(reply));
  }

  #reply(query: DecodedPacket, over: 'udp' | 'tcp', port: number): Buffer | null {
    const question = query.questions![0]!;
    const asked = { type: question.type, name: question.name, over, id: query.id!, port };
    this.asked.push(asked);
    if (this.mute(asked)) return null;
    const rcode = this.rcode(asked);
    const answers = rcode === 0 ? this.#find(question.name.toLowerCase(), question.type as Type) : [];
    const cut = over === 'udp' && answers.length > this.maxRecords;
    const soa = { mname: 'ns.test', rname: 'admin.test', minimum: this.negativeTtlS ?? 0 };
    const negative = answers.length === 0 && this.negativeTtlS !== null && rcode === 0;
    const { id } = query;
    return encode({
      type: 'response',
      ...(id === undefined ? {} : { id }),
      flags: (cut ? TRUNCATED_RESPONSE : 0) | rcode,
      questions: [{ ...question, name: this.repeatsCase ? question.name : question.name.toLowerCase() }],
      answers: cut ? [] : answers,
      authorities: negative ? [{ type: 'SOA', name: 'test', ttl: 3600, data: soa }] : [],
    });
  }

  /** A CNAME brings along what it leads to. */
  #find(name: string, type: Type): Answer[] {
    const alias = this.#records.get(`CNAME ${name}`)?.[0];
    if (alias === undefined || type === 'CNAME') return this.#records.get(`${type} ${name}`) ?? [];
    const target = alias.type === 'CNAME' ? alias.data : '';
    return target.endsWith('.elsewhere') || target === name ? [alias] : [alias, ...this.#find(target, type)];
  }
}
