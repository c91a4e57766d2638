import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './auth.js';
import { addDialogRoutes, type DialogCommands } from './dialogs.js';
import { addDirectoryRoutes, type DirectoryCommands } from './directory.js';
import { addRegistrationRoutes, type RegistrationCommands } from './registrations.js';

/** What the mediaswitch API may ask of the gateway. */
export interface MediaswitchCommands {
  readonly directory: DirectoryCommands;
  readonly registrations: RegistrationCommands;
  readonly dialogs: DialogCommands;
}

/** The routes of project-sip's port 9000 (contract mediaswitch 1); the main listener has them too. */
export function addMediaswitchRoutes(app: OpenAPIHono<ApiEnv>, commands: MediaswitchCommands): void {
  addDirectoryRoutes(app, commands.directory);
  addRegistrationRoutes(app, commands.registrations);
  addDialogRoutes(app, commands.dialogs);
}

/** Bytes of the body that pushes a domain: some 300,000 users. */
export const MAX_PUSH_BYTES = 16 * 1024 * 1024;

/** A domain is pushed with all its users at once, so that its body may be large. */
export function isPush(method: string, path: string): boolean {
  return (method === 'PUT' || method === 'PATCH') && /^\/dir\/[^/]+\/?$/.test(path);
}
