import type { UdpSocket } from '../../base/network.js';
import { nameAddr, serializeNameAddr, tagOf } from '../../sip/header-values.js';
import type { SipRequest } from '../../sip/message.js';
import { Params } from '../../sip/params.js';
import { parseMessage } from '../../sip/parse/message.js';
import { serializeMessage } from '../../sip/serialize.js';
import { sipUri } from '../../sip/uri.js';
import type { VirtualNetwork } from './virtual-network.js';

export interface Hop {
  readonly address: string;
  readonly port: number;
}

/**
 * A proxy without transactions, at its simplest: every INVITE outside a dialog goes to all its targets at once, every
 * response goes back, two 2xx included, which makes it a proxy that forks and lets the caller sort it out
 * (RFC 3261 §13.2.2.4). With `recordRoute` it stays on the way of the dialog.
 */
export class ForkingProxy {
  readonly address: string;
  readonly targets: readonly Hop[];
  readonly recordRoute: 'none' | 'loose';
  #socket: UdpSocket | null = null;

  constructor(address: string, targets: readonly Hop[], recordRoute: 'none' | 'loose' = 'none') {
    this.address = address;
    this.targets = targets;
    this.recordRoute = recordRoute;
  }

  async start(network: VirtualNetwork): Promise<void> {
    this.#socket = await network
      .host(this.address)
      .bindUdp(
        { address: this.address, port: 5060 },
        { onMessage: (data, address, port) => this.#onMessage(data, { address, port }), onError: () => undefined },
      );
  }

  close(): Promise<void> {
    return this.#socket?.close() ?? Promise.resolve();
  }

  #onMessage(data: Buffer, from: Hop): void {
    const read = parseMessage(data);
    if (!read.ok) return;
    const message = read.value;
    if (message.kind === 'request') {
      this.#forward(message, from);
      return;
    }
    message.via.shift();
    const next = message.via[0];
    if (next === undefined) return;
    const rport = next.params.get('rport');
    this.#send(serializeMessage(message), {
      address: next.params.get('received') ?? next.host,
      port: typeof rport === 'string' && rport !== '' ? Number(rport) : (next.port ?? 5060),
    });
  }

  #forward(request: SipRequest, from: Hop): void {
    const top = request.via[0];
    const branch = top?.params.get('branch') ?? '';
    const params = top?.params.clone().set('received', from.address).set('rport', String(from.port));
    const via = top === undefined || params === undefined ? request.via : [{ ...top, params }, ...request.via.slice(1)];
    for (const [index, hop] of this.#hops(request).entries()) {
      // The same for ACK and CANCEL of an INVITE, so that they match it downstream.
      const ours = {
        protocol: 'UDP',
        host: this.address,
        port: 5060,
        params: Params.of({ branch: `${branch}p${index}` }),
      };
      const headers = request.headers.clone();
      if (this.recordRoute === 'loose' && tagOf(request.to) === undefined && request.method === 'INVITE') {
        headers.append('Record-Route', serializeNameAddr(nameAddr(this.#routeUri())));
      }
      const route = request.route[0] !== undefined && this.#isOurs(request) ? request.route.slice(1) : request.route;
      const maxForwards = (request.maxForwards ?? 70) - 1;
      this.#send(serializeMessage({ ...request, via: [ours, ...via], headers, route, maxForwards }), hop);
    }
  }

  #routeUri() {
    return sipUri({ host: this.address, port: 5060, params: { lr: null } });
  }

  #isOurs(request: SipRequest): boolean {
    const uri = request.route[0]?.uri;
    return uri?.scheme === 'sip' && uri.host === this.address;
  }

  #hops(request: SipRequest): readonly Hop[] {
    if (tagOf(request.to) === undefined) return this.targets;
    const next = (this.#isOurs(request) ? request.route[1]?.uri : request.route[0]?.uri) ?? request.uri;
    if (next.scheme !== 'sip') return [];
    // An ACK for a failure follows its INVITE; it names no dialog of ours.
    if (next.host === this.address) return this.targets;
    return [{ address: next.host, port: next.port ?? 5060 }];
  }

  #send(data: Buffer, to: Hop): void {
    this.#socket?.send(data, 0, data.length, to.port, to.address);
  }
}
