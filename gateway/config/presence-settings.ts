import { choice, cidr, integer, list } from './readers.js';
import { setting } from './setting.js';

/** What users have of the gateway beside calls. */
export const presenceSettings = {
  presence: setting('Presence', choice('on', 'off'), 'on', {
    shape: 'on|off',
    meaning:
      'registered users may subscribe to the calls (dialog), presence and registrations (reg) of users, and publish',
  }),
  presenceMax: setting('Presence', integer(1, 1_000_000), 50_000, {
    shape: 'N',
    meaning: 'subscriptions, and publications, at a time; beyond, 503',
  }),
  presenceTrusted: setting('Presence', list(cidr()), [] as readonly string[], {
    shape: 'CIDR,…',
    initialText: 'nobody',
    meaning: 'who may subscribe to everything, publish and send messages for everybody, without a password',
  }),
  messages: setting('Presence', choice('on', 'off'), 'on', {
    shape: 'on|off',
    meaning: 'registered users may send each other MESSAGEs, which go to the phones of the one they are for',
  }),
};
