import { startCReflector } from './servers/c-reflector.js';
import { janusVersion, startJanus } from './servers/janus.js';
import { installProjectRtp } from './servers/projectrtp-install.js';
import { type MediaServer, startServer } from './servers/server.js';
import { compiled } from './wire.js';

type Start = (participants: number) => Promise<MediaServer>;

/** The servers that can be had here, by the name in the tables, and why the others cannot. */
export function peersFor(
  names: readonly string[],
  workers: number,
  profile: string | null,
): { readonly peers: ReadonlyMap<string, Start>; readonly absent: readonly string[] } {
  const peers = new Map<string, Start>();
  const absent: string[] = [];
  const flags = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  if (names.includes('dgram')) peers.set('dgram reflector', () => startServer('dgram-reflector.js', [], flags));
  if (names.includes('c') && compiled('reflector') !== null) {
    peers.set('C reflector', (participants) => {
      const server = startCReflector(participants);
      return server === null ? Promise.reject(new Error('no compiler')) : Promise.resolve(server);
    });
  } else if (names.includes('c')) absent.push('C reflector: no C compiler');
  if (names.includes('hookline')) peers.set('Hookline', () => startServer('hookline.js', [String(workers)], flags));
  if (names.includes('native')) {
    peers.set('Hookline native', () => startServer('hookline.js', [String(workers), 'native'], flags));
  }
  if (names.includes('janus')) {
    if (janusVersion() === null) absent.push('Janus: not installed (apt-get install janus)');
    else peers.set('Janus', startJanus);
  }
  if (names.includes('projectrtp')) {
    const installed = installProjectRtp();
    if ('reason' in installed) absent.push(`projectrtp: ${installed.reason}`);
    else peers.set('projectrtp', () => startServer('projectrtp.js', [installed.folder]));
  }
  return { peers, absent };
}
