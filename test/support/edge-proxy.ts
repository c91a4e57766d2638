import { silentLogger } from '../../base/log.js';
import { randomHex } from '../../base/random.js';
import { nameAddr, serializeNameAddr } from '../../sip/header-values.js';
import type { SipRequest } from '../../sip/message.js';
import { Params } from '../../sip/params.js';
import { TransportLayer } from '../../sip/transport/layer.js';
import type { Flow, Target } from '../../sip/transport/transport.js';
import { type SipUri, sipUri } from '../../sip/uri.js';
import type { UaBench } from './ua-bench.js';

export interface EdgeProxyOptions {
  readonly name: string;
  readonly address: string;
  /** Where everything goes. */
  readonly next: Target;
  /** RFC 5626 §5.1: whether its Path says that it keeps flows. */
  readonly keepsFlows?: boolean;
  /** RFC 3327 §5.2: whether it adds a Path at all. */
  readonly addsPath?: boolean;
}

/** A stateless proxy between clients and a registrar: RFC 3327 §5.2, RFC 5626 §5.1. Its listeners answer keep-alives. */
export class EdgeProxy {
  readonly options: EdgeProxyOptions;
  readonly uri: SipUri;
  #transport: TransportLayer;
  readonly #bench: UaBench;
  readonly #clients = new Map<string, Flow>();

  private constructor(bench: UaBench, options: EdgeProxyOptions) {
    this.#bench = bench;
    this.options = options;
    this.uri = sipUri({ host: options.address, params: { lr: null } });
    this.#transport = this.#createTransport();
  }

  static async start(bench: UaBench, options: EdgeProxyOptions): Promise<EdgeProxy> {
    bench.name(options.address, options.name);
    const proxy = new EdgeProxy(bench, options);
    await proxy.#listen();
    return proxy;
  }

  target(kind: 'udp' | 'tcp'): Target {
    return { kind, address: this.options.address, port: 5060 };
  }

  /** Gone, with every connection. */
  stop(): Promise<void> {
    return this.#transport.close();
  }

  async restart(): Promise<void> {
    this.#transport = this.#createTransport();
    await this.#listen();
  }

  #listen(): Promise<void> {
    return this.#transport.start({
      onRequest: (request, flow) => this.#forward(request, flow),
      onResponse: (response) => {
        const [mine, ...via] = response.via;
        const flow = this.#clients.get(mine?.params.get('branch') ?? '');
        if (flow !== undefined) this.#transport.sendResponse({ ...response, via }, flow, () => undefined);
      },
    });
  }

  #forward(request: SipRequest, flow: Flow): void {
    const { next, keepsFlows = true, addsPath = true } = this.options;
    const branch = `z9hG4bK${randomHex(this.#bench.random, 8)}`;
    this.#clients.set(branch, flow);
    const headers = request.headers.clone();
    if (addsPath) {
      const params = { lr: null, ...(keepsFlows ? { ob: null } : {}) };
      const path = nameAddr(sipUri({ user: `flow-${this.#clients.size}`, host: this.options.address, params }));
      headers.append('Path', serializeNameAddr(path));
    }
    const mine = { protocol: 'UDP', host: this.options.address, port: 5060, params: Params.of({ branch }) };
    const forwarded = { ...request, via: [mine, ...request.via], route: request.route.slice(1), headers };
    this.#transport.sendRequest(forwarded, next, { onSent: () => undefined, onError: () => undefined });
  }

  #createTransport(): TransportLayer {
    const { clock, random, network } = this.#bench;
    const { address } = this.options;
    return new TransportLayer({
      clock,
      random,
      network: network.host(address),
      log: silentLogger,
      isLocalNet: () => true,
      listens: [
        { kind: 'udp', address, port: 5060 },
        { kind: 'tcp', address, port: 5060 },
      ],
    });
  }
}
