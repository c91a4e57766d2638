import { hostPort } from '../../base/ip-ranges.js';
import type { Network, SocketAddress, UdpSocket } from '../../base/network.js';
import { createRequest, createResponse, type HeaderList, type ResponseParts } from '../../sip/build.js';
import { nameAddr, tagOf } from '../../sip/header-values.js';
import type { SipMessage, SipRequest, SipResponse } from '../../sip/message.js';
import { Params } from '../../sip/params.js';
import { parseMessage } from '../../sip/parse/message.js';
import { serializeMessage } from '../../sip/serialize.js';
import { sipUri } from '../../sip/uri.js';

export interface EndpointRequest {
  readonly method: string;
  /** User part of the Request-URI; none for a REGISTER. */
  readonly user?: string;
  readonly from?: string | null;
  /** User part of the To; `user` unless told. */
  readonly to?: string | null;
  readonly callId?: string;
  readonly sequence?: number;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly branch?: string;
  /** A Contact here takes the place of the usual one; an empty one leaves it out. */
  readonly headers?: HeaderList;
  readonly body?: Buffer;
  readonly contentType?: string;
}

/**
 * A socket that speaks SIP and has no state at all: sends exactly what a test says, keeps what comes. For whatever a
 * real phone never does: odd header fields, replayed credentials, an ACK that stays away.
 */
export class SipEndpoint {
  readonly address: string;
  readonly port: number;
  readonly received: SipMessage[] = [];
  readonly #server: SocketAddress;
  readonly #socket: UdpSocket;
  #count = 0;

  private constructor(address: string, port: number, server: SocketAddress, socket: UdpSocket) {
    this.address = address;
    this.port = port;
    this.#server = server;
    this.#socket = socket;
  }

  static async open(
    network: Network,
    address: string,
    options: { readonly port?: number; readonly server?: string | SocketAddress } = {},
  ): Promise<SipEndpoint> {
    const { port = 5060, server = '10.0.0.1' } = options;
    const early: SipMessage[] = [];
    let endpoint: SipEndpoint | null = null;
    const onMessage = (data: Buffer): void => {
      const read = parseMessage(Buffer.from(data));
      if (read.ok) (endpoint?.received ?? early).push(read.value);
    };
    const socket = await network.bindUdp({ address, port }, { onMessage, onError: () => undefined });
    const peer = typeof server === 'string' ? { address: server, port: 5060 } : server;
    endpoint = new SipEndpoint(address, socket.local.port, peer, socket);
    return endpoint;
  }

  /** Sends a request and returns it, for `answersTo`. */
  send(parts: EndpointRequest): SipRequest {
    this.#count += 1;
    const { method, from = 'somebody', to = parts.user ?? from } = parts;
    const host = this.#server.address;
    const request = createRequest({
      method,
      uri: sipUri({ host, ...(parts.user === undefined ? {} : { user: parts.user }) }),
      from: nameAddr(sipUri({ host, ...(from === null ? {} : { user: from }) }), {
        tag: parts.fromTag ?? `from-${this.address}-${this.port}-${this.#count}`,
      }),
      to: nameAddr(
        sipUri({ host, ...(to === null ? {} : { user: to }) }),
        parts.toTag === undefined ? {} : { tag: parts.toTag },
      ),
      callId: parts.callId ?? `call-${this.port}-${this.#count}`,
      cseq: { sequence: parts.sequence ?? this.#count },
      headers: this.#withContact(from ?? 'x', parts.headers ?? []),
      ...(parts.body === undefined ? {} : { body: parts.body, contentType: parts.contentType ?? 'application/sdp' }),
    });
    const branch = parts.branch ?? `z9hG4bK-${this.port}-${this.#count}`;
    request.via = [
      { protocol: 'UDP', host: this.address, port: this.port, params: Params.of({ branch, rport: null }) },
    ];
    this.sendMessage(request);
    return request;
  }

  sendMessage(message: SipMessage): void {
    const bytes = serializeMessage(message);
    this.#socket.send(bytes, 0, bytes.length, this.#server.port, this.#server.address);
  }

  respond(request: SipRequest, statusCode: number, parts: ResponseParts = {}): void {
    const contact = `<sip:${hostPort(this.address, this.port)}>`;
    this.sendMessage(
      createResponse(request, statusCode, {
        toTag: `to-${this.port}`,
        ...parts,
        headers: [['Contact', contact], ...(parts.headers ?? [])],
      }),
    );
  }

  /** RFC 3261 §17.1.1.3: the ACK of a failure, in the transaction of its INVITE. */
  acknowledge(invite: SipRequest, response: SipResponse): void {
    const { uri, from, callId, cseq, via } = invite;
    const ack = createRequest({
      method: 'ACK',
      uri,
      from,
      to: response.to,
      callId,
      cseq: { sequence: cseq.sequence },
    });
    ack.via = [...via];
    this.sendMessage(ack);
  }

  /** Responses to that request, in order. */
  answersTo(request: SipRequest): SipResponse[] {
    const branch = request.via[0]?.params.get('branch');
    return this.received.filter(
      (message): message is SipResponse =>
        message.kind === 'response' &&
        message.via[0]?.params.get('branch') === branch &&
        message.cseq.method === request.cseq.method,
    );
  }

  /** Requests of a method that came in. */
  requests(method: string): SipRequest[] {
    return this.received.filter(
      (message): message is SipRequest => message.kind === 'request' && message.method === method,
    );
  }

  #withContact(user: string, headers: HeaderList): HeaderList {
    const usual = ['Contact', `<sip:${user}@${hostPort(this.address, this.port)}>`] as const;
    const all = headers.some(([name]) => name === 'Contact') ? headers : [usual, ...headers];
    return all.filter(([name, value]) => name !== 'Contact' || value !== '');
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

export function hasTag(message: SipMessage): boolean {
  return tagOf(message.to) !== undefined;
}
