import type { WebSocketEntrance, WebSocketNetwork } from '../base/web-socket.js';
import {
  type Listen,
  type TlsCertificates,
  type TransportFactory,
  tlsTransport,
  wssTransport,
  wsTransport,
} from '../sip/index.js';
import type { Config } from './config.js';

/** Where SIP over WebSocket is on the HTTP listener. */
export const SIP_WS_PATH = '/sip-ws';

/** What listeners beyond UDP and TCP need of the world. */
export interface SipDoors {
  readonly webSockets: WebSocketNetwork;
  /** The way in at SIP_WS_PATH of the HTTP listener. */
  readonly entrance?: WebSocketEntrance | undefined;
  /** Of TLS and WSS listeners. */
  readonly certificates?: TlsCertificates | undefined;
}

/** The listeners that the settings name, and the transports for them. Without doors there are no WebSockets, and TLS is dialled only. */
export function createListeners(
  config: Config,
  doors: SipDoors | undefined,
): { readonly listens: readonly Listen[]; readonly transports: readonly TransportFactory[] } {
  const plain = config.sipTransports.filter((kind) => kind === 'udp' || kind === 'tcp');
  const listens: Listen[] = config.sipListen.flatMap((at) => plain.map((kind) => ({ kind, ...at })));
  const transports: TransportFactory[] = [];
  const ca = config.tlsCa === null ? undefined : [config.tlsCa.text];
  const certificates = doors?.certificates;
  if (config.sipTransports.includes('tls')) {
    // Also without a certificate of our own: trunks are dialled by TLS.
    transports.push(tlsTransport({ certificates, ca, clientCertificate: config.tlsClientCert }));
    if (certificates !== undefined) listens.push(...config.sipsListen.map((at) => ({ kind: 'tls' as const, ...at })));
  }
  if (doors !== undefined && config.sipTransports.includes('ws')) {
    const { webSockets, entrance } = doors;
    const options = {
      webSockets,
      allowedOrigins: config.sipWsOrigins,
      ...(ca === undefined ? {} : { client: { ca } }),
    };
    transports.push(
      wsTransport({ ...options, ...(entrance === undefined ? {} : { entrances: [entrance] }) }),
      wssTransport({ ...options, certificates }),
    );
    listens.push(
      ...config.sipWsListen.map((at) => ({ kind: 'ws' as const, ...at })),
      ...config.sipWssListen.map((at) => ({ kind: 'wss' as const, ...at })),
    );
  }
  return { listens, transports };
}
