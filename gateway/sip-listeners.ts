import type { CertificateSource } from '../base/tls.js';
import type { WebSocketEntrance, WebSocketNetwork } from '../base/web-socket.js';
import { type Listen, type TransportFactory, wssTransport, wsTransport } from '../sip/index.js';
import type { Config } from './config.js';

/** Where SIP over WebSocket is on the HTTP listener. */
export const SIP_WS_PATH = '/sip-ws';

/** What listeners beyond UDP and TCP need of the world. */
export interface SipDoors {
  readonly webSockets: WebSocketNetwork;
  /** The way in at SIP_WS_PATH of the HTTP listener. */
  readonly entrance?: WebSocketEntrance | undefined;
  /** Of TLS and WSS listeners. */
  readonly certificates?: CertificateSource | undefined;
}

/** The listeners that the settings name, and the transports for them. Without doors there is UDP and TCP only. */
export function createListeners(
  config: Config,
  doors: SipDoors | undefined,
): { readonly listens: readonly Listen[]; readonly transports: readonly TransportFactory[] } {
  const plain = config.sipTransports.filter((kind) => kind === 'udp' || kind === 'tcp');
  const listens: Listen[] = config.sipListen.flatMap((at) => plain.map((kind) => ({ kind, ...at })));
  if (doors === undefined || !config.sipTransports.includes('ws')) return { listens, transports: [] };
  const { webSockets, entrance, certificates } = doors;
  const options = { webSockets, allowedOrigins: config.sipWsOrigins };
  listens.push(
    ...config.sipWsListen.map((at) => ({ kind: 'ws' as const, ...at })),
    ...config.sipWssListen.map((at) => ({ kind: 'wss' as const, ...at })),
  );
  return {
    listens,
    transports: [
      wsTransport({ ...options, ...(entrance === undefined ? {} : { entrances: [entrance] }) }),
      wssTransport({ ...options, ...(certificates === undefined ? {} : { certificates }) }),
    ],
  };
}
