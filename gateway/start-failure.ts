import { AppError, messageOf } from '../base/errors.js';
import { hostPort } from '../base/ip-ranges.js';
import { type Network, type SocketAddress, systemCode } from '../base/network.js';
import { ListenError } from '../sip/index.js';
import { HttpListenError } from './api/server.js';
import type { Config } from './config.js';
import { SoundFolderError } from './sounds/sound-files.js';
import { StoreError } from './store/store.js';

/** The embedded hook server's address cannot be listened on. */
export class HooksListenError extends AppError {
  readonly code = 'HOOKS_LISTEN_FAILED';
}

/** One line for the person who started us: what is in the way, and which setting moves us out of it. */
export function startFailure(thrown: unknown): string {
  const [line = ''] = messageOf(thrown).split('\n', 1);
  const message = line.replace(/cannot listen on (\S+): EADDRINUSE$/, '$1 is already in use');
  const setting = settingOf(thrown);
  return setting === null ? message : `${message}; ${setting} chooses another`;
}

const listenFlags: Readonly<Record<string, string>> = {
  tls: '--sips-listen',
  ws: '--sip-ws-listen',
  wss: '--sip-wss-listen',
};

function settingOf(thrown: unknown): string | null {
  if (thrown instanceof ListenError) return listenFlags[thrown.kind] ?? '--sip-listen';
  if (thrown instanceof HttpListenError) return thrown.flag;
  if (thrown instanceof HooksListenError) return '--hooks-listen';
  if (thrown instanceof StoreError || thrown instanceof SoundFolderError) return '--data-dir';
  return null;
}

/** Says that an address is taken, in the words of a person; null for any other trouble. */
export function listenProblem(what: string, { address, port }: SocketAddress, thrown: unknown): string {
  const code = systemCode(thrown);
  const why = code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${code ?? messageOf(thrown)})`;
  return `${what} ${hostPort(address, port)} ${why}`;
}

/**
 * The first of our addresses that somebody has; null when all are free. Asked when the store is in use: most often
 * the other process is a Hookline on the same ports, and the port is what its owner will recognise.
 */
export async function takenAddress(config: Config, network: Network): Promise<string | null> {
  const tcp = config.sipTransports.includes('tcp') ? config.sipListen : [];
  const udp = config.sipTransports.includes('udp') ? config.sipListen : [];
  const hooks = config.embeddedHooks === null ? [] : [config.embeddedHooks];
  const nobody = { onMessage: () => undefined, onError: () => undefined };
  const refuse = { onData: () => undefined, onClose: () => undefined };
  const tries: (readonly [string, string, SocketAddress, () => Promise<{ close(): Promise<void> }>])[] = [
    ...udp.map((at) => ['SIP udp', '--sip-listen', at, () => network.bindUdp(at, nobody)] as const),
    ...tcp.map((at) => ['SIP tcp', '--sip-listen', at, () => network.listenTcp(at, () => refuse)] as const),
    ...config.sipsListen.map(
      (at) => ['SIP tls', '--sips-listen', at, () => network.listenTcp(at, () => refuse)] as const,
    ),
    ...config.sipWsListen.map(
      (at) => ['SIP ws', '--sip-ws-listen', at, () => network.listenTcp(at, () => refuse)] as const,
    ),
    ...config.sipWssListen.map(
      (at) => ['SIP wss', '--sip-wss-listen', at, () => network.listenTcp(at, () => refuse)] as const,
    ),
    ['HTTP', '--http-listen', config.httpListen, () => network.listenTcp(config.httpListen, () => refuse)],
    ...hooks.map((at) => ['hooks', '--hooks-listen', at, () => network.listenTcp(at, () => refuse)] as const),
  ];
  for (const [what, flag, address, open] of tries) {
    try {
      await (await open()).close();
    } catch (thrown) {
      if (systemCode(thrown) === 'EADDRINUSE')
        return `${listenProblem(what, address, thrown)}; ${flag} chooses another`;
    }
  }
  return null;
}
