import { choice, either, hostPort } from './readers.js';
import { setting } from './setting.js';

/** What users of mediaswitch find where they look for it. */
export const mediaswitchSettings = {
  mediaswitchListen: setting(
    'Mediaswitch',
    either('off', hostPort('an IP address or localhost', /^localhost$/, null)),
    null,
    {
      shape: 'HOST:PORT|off',
      initialText: '127.0.0.1:9000, or nowhere if that is taken',
      meaning: '/dir, /reg and /dialog by themselves; http_listen has them anyway; beyond loopback as there',
    },
  ),
  dirPersist: setting('Mediaswitch', choice('on', 'off'), 'on', {
    shape: 'on|off',
    meaning: 'whether what was put into /dir outlives a restart; off also deletes what an earlier run has kept',
  }),
};
