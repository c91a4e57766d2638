import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from './run.mjs';

/** The CommonJS form of hookline/control, below dist/. */
export const commonJsFiles = ['control/index.cjs', 'control/index.d.cts'];

/** `require` has to give the object itself, as the original did; what else the door exports hangs on it. */
const footer = `{
  const { default: object, ...named } = module.exports;
  for (const [name, value] of Object.entries(named)) Object.defineProperty(object, name, { value, configurable: true });
  module.exports = object;
}`;

const types = `import type * as door from './index.js' with { 'resolution-mode': 'import' };

declare const projectcontrol: door.ProjectControl &
  Pick<typeof door, 'projectcontrol' | 'createProjectControl' | 'createCallQueues'>;
declare namespace projectcontrol {
  type Call = door.Call;
  type CallQueue = door.CallQueue;
  type CodecName = door.CodecName;
  type DirectoryUser = door.DirectoryUser;
  type GatewayRequest = door.GatewayRequest;
  type HangupReason = door.HangupReason;
  type NewCallRequest = door.NewCallRequest;
  type ProjectControl = door.ProjectControl;
  type Registration = door.Registration;
  type ServerReply = door.ServerReply;
  type SoundSoup = door.SoundSoup;
}
export = projectcontrol;
`;

/**
 * Bundles control/ for `require`, which on Node 20 cannot load the other form. Packages stay outside.
 * @param {string} distDir  where the compiler has put its files
 */
export async function buildControlCommonJs(distDir) {
  // Loaded here because this file is read before packages are installed.
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(distDir, 'control/index.js'),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith(rootDir),
    logLevel: 'warn',
  });
  await bundle.write({ file: join(distDir, 'control/index.cjs'), format: 'cjs', exports: 'named', footer });
  await bundle.close();
  writeFileSync(join(distDir, 'control/index.d.cts'), types);
}
