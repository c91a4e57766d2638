import { probe, run } from './run.mjs';

/** Programs of other people that the tests talk to: Debian package → the command, or the file, that tells it is there. */
const peers = {
  'sip-tester': 'sipp',
  'baresip-core': 'baresip',
  'linphone-cli': 'linphonec',
  sox: 'sox',
  'espeak-ng': 'espeak-ng',
  ffmpeg: 'ffmpeg',
  curl: 'curl',
  openssl: 'openssl',
  sipsak: 'sipsak',
  kamailio: 'kamailio',
  'kamailio-websocket-modules': '/usr/lib/*/kamailio/modules/websocket.so',
  'dnsmasq-base': 'dnsmasq',
  chromium: 'chromium',
  'multimon-ng': 'multimon-ng',
  coturn: 'turnserver',
};

function has(command) {
  if (command.startsWith('/')) return probe('sh', ['-c', `ls ${command}`]).ok;
  // Some live where only root's PATH leads.
  return probe('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${command}`]).ok;
}

/** Prefix of commands that need root, or null when we cannot become root without a password. */
function becomeRoot() {
  if (process.getuid?.() === 0) return [];
  return has('sudo') && probe('sudo', ['-n', 'true']).ok ? ['sudo', '-n'] : null;
}

/**
 * Installs the missing peers with apt-get.
 * @returns {Promise<boolean>} whether all of them are there now; when not, it has said what to do
 */
export async function ensurePeers() {
  const missing = Object.keys(peers).filter((name) => !has(peers[name]));
  if (missing.length === 0) return true;
  const advice = `sudo apt-get update && sudo apt-get install -y ${missing.join(' ')}`;
  const root = becomeRoot();
  if (root === null || !has('apt-get')) {
    console.error(`The tests need ${missing.join(', ')}. Install them and try again:\n  ${advice}`);
    return false;
  }
  console.error(`Installing ${missing.join(', ')} …`);
  const [command, ...before] = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const quiet = { stdio: ['ignore', 2, 2] };
  await run(command, [...before, ...options, 'update'], quiet);
  await run(command, [...before, ...options, 'install', '-y', '--no-install-recommends', ...missing], quiet);
  const left = missing.filter((name) => !has(peers[name]));
  if (left.length > 0) console.error(`${left.join(', ')} could not be installed. Try by hand:\n  ${advice}`);
  return left.length === 0;
}
