// The page: does what is pressed.
import { RoomApi } from './api.js';
import { Microphone, microphones, NO_MICROPHONE } from './microphone.js';
import { Preview } from './preview.js';
import { Session } from './session.js';
import * as view from './view.js';

const { $, say } = view;
const asked = new URLSearchParams(location.search);
const token = asked.get('token') ?? '';
const preview = new Preview(view.showLevel);
let session = null;
/** Raised by each Join and each Hang up, so that a microphone that is allowed too late joins nothing. */
let visits = 0;

function entryTitle() {
  return asked.has('room') ? `Join ${asked.get('room')}` : 'Join a room';
}

/** @param missing  why there is no microphone, where it is to be without one; undefined: it is to be with one */
async function join(missing) {
  if (!$('entry').reportValidity()) return;
  visits += 1;
  const visit = visits;
  view.clearProblem();
  preview.stop();
  $('join').disabled = true;
  const [room, name, deviceId] = [$('room').value.trim(), $('name').value.trim(), $('microphone').value];
  const isListener = missing !== undefined || deviceId === NO_MICROPHONE;
  const microphone = new Microphone({
    deviceId: deviceId === NO_MICROPHONE ? '' : deviceId,
    isOriginal: $('original').checked,
  });
  rememberName(name);
  try {
    if (!isListener) await microphone.open();
    if (visit !== visits) {
      microphone.close();
      return;
    }
    void listMicrophones();
    const onEnded = (error) => ended(visit, deviceId, error);
    session = new Session({ api: new RoomApi(room, token), name, microphone, view, onEnded });
    view.showCall(room);
    await session.start(missing);
  } catch (error) {
    microphone.close();
    ended(visit, deviceId, error);
  }
}

function ended(visit, deviceId, error) {
  if (visit !== visits) return;
  session = null;
  view.showDevice(deviceId);
  view.showEntry(entryTitle());
  $('join').focus();
  say(error === null ? 'You left the room' : '');
  if (error !== null) view.complain(error, () => void join(error));
}

function listen() {
  void join(null);
}

async function listMicrophones() {
  const devices = await microphones();
  view.showDevices(devices);
  return devices;
}

/** Asks for the microphone only when it was allowed before or somebody chose one. */
async function startPreview() {
  if ($('microphone').value === NO_MICROPHONE) {
    preview.stop();
    return;
  }
  await preview.start($('microphone').value, $('original').checked);
  await listMicrophones();
}

async function chooseMicrophone() {
  if (session === null) await startPreview();
  else await session.voice.use($('microphone').value);
}

function rememberName(name) {
  try {
    localStorage.setItem('hookline.name', name);
  } catch {
    // Without storage the name is typed again.
  }
}

function knownName() {
  try {
    return localStorage.getItem('hookline.name') ?? '';
  } catch {
    return '';
  }
}

function toggleMute() {
  void session?.voice.mute(!session.voice.isMuted);
}

/** Alt+M, which nobody types: AltGr is Ctrl+Alt, and on a Mac Option+M is a letter in a text field alone. */
function onKey(event) {
  const isShortcut = event.altKey && event.code === 'KeyM' && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const isTyping = event.target.closest?.('input, textarea, [contenteditable]') !== null;
  if (!isShortcut || isTyping || event.repeat || session === null || $('mute').hidden) return;
  event.preventDefault();
  toggleMute();
}

for (const digit of '123456789*0#') {
  const key = document.createElement('button');
  key.type = 'button';
  key.textContent = digit;
  key.setAttribute('aria-label', { '*': 'star', '#': 'hash' }[digit] ?? digit);
  key.addEventListener('click', () => session?.dial(digit));
  $('keypad').append(key);
}
$('entry').addEventListener('submit', (event) => {
  event.preventDefault();
  void join();
});
$('mute').addEventListener('click', toggleMute);
$('leave').addEventListener('click', () => session?.hangUp());
$('again').addEventListener('click', () => session?.joinAgain());
$('speak').addEventListener('click', () => void session?.voice.speak());
$('keys').addEventListener('click', () => view.showKeypad($('keypad').hidden));
$('keypad').addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  view.showKeypad(false);
  $('keys').focus();
});
$('microphone').addEventListener('change', () => void chooseMicrophone().catch(complain));
$('original').addEventListener('change', () => void startPreview().catch(complain));
addEventListener('keydown', onKey);
addEventListener('online', () => session?.retry());
addEventListener('pagehide', () => session?.hangUp());
navigator.mediaDevices?.addEventListener('devicechange', async () => {
  await session?.voice.devicesChanged(await listMicrophones());
});

function complain(error) {
  view.complain(error, listen);
}

$('room').value = asked.get('room') ?? '';
$('room').readOnly = asked.has('room');
$('name').value = asked.get('name') ?? knownName();
view.setTitle(entryTitle());
const permission = await navigator.permissions?.query({ name: 'microphone' }).catch(() => null);
permission?.addEventListener('change', () => {
  if (permission.state === 'granted' && session !== null && session.voice.track === null) {
    say('The microphone is allowed now: you can turn it on');
  }
});
if (permission?.state === 'granted') await startPreview().catch(() => undefined);
else await listMicrophones();
