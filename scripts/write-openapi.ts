import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { createRealClock } from '../base/clock.js';
import { type Api, createApi } from '../gateway/api/app.js';
import { IdempotencyKeys } from '../gateway/api/idempotency.js';
import { openApiText } from '../gateway/api/openapi.js';
import { addRecordingRoutes } from '../gateway/api/recordings.js';
import { RoomReaders } from '../gateway/api/room-readers.js';
import { addRoomRoutes } from '../gateway/api/rooms.js';
import { addSoundRoutes } from '../gateway/api/sounds.js';
import { addStreamRoutes } from '../gateway/api/streams.js';
import { Attention } from '../gateway/events/attention.js';
import { webRoutes } from '../gateway/web/parts.js';
import { nobody, noMediaswitch, noRooms, noSounds, noStreams, noWeb } from './nobody.js';

/** Every file that is made from contract/: path from the repository's root → content. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const options = { apiSecret: null, apiAllow: [], errorFormat: 'envelope', corsOrigin: null } as const;
  const clock = createRealClock();
  const keys = new IdempotencyKeys(clock);
  const readers = new RoomReaders(clock);
  const attention = new Attention(clock, noRooms);
  const parts = [
    (app: Api) => addRoomRoutes(app, { commands: noRooms, keys, readers, attention }),
    webRoutes(noWeb, options),
    (app: Api) => addStreamRoutes(app, noStreams),
    (app: Api) => addSoundRoutes(app, noSounds),
    (app: Api) => addRecordingRoutes(app, noSounds),
  ];
  const document = openApiText(createApi(nobody, options, noMediaswitch, parts));
  const types = astToString(await openapiTypescript(document, { defaultNonNullable: false }));
  return new Map([
    ['openapi.yaml', `# Written by scripts/write-openapi.ts from contract/.\n${document}`],
    ['test/support/generated/openapi.d.ts', `// Written by scripts/write-openapi.ts from openapi.yaml.\n${types}`],
  ]);
}

/** Files whose content is not what `generate` gives. */
export function drifted(files: ReadonlyMap<string, string>): string[] {
  return [...files]
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) => path);
}

/** Run from the root: writes what drifted; with --check only names it and exits 1. */
async function main(): Promise<void> {
  const files = await generate();
  const stale = drifted(files);
  if (process.argv.includes('--check')) {
    for (const path of stale)
      console.error(`${path} is not what contract/ says: npm run build && node dist/scripts/write-openapi.js`);
    process.exitCode = stale.length === 0 ? 0 : 1;
    return;
  }
  for (const path of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, files.get(path) ?? '');
    console.log(`wrote ${path}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
