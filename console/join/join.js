// The page: shows what is, does what is pressed.
import { RoomApi } from './api.js';
import { Call, openMicrophone, watchLevel } from './call.js';
import { Roster } from './roster.js';
import { problemOf } from './words.js';

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const token = asked.get('token') ?? '';
let session = null;

/** Why a person stays muted, by the code of the refusal. */
const notUnmuted = { FORBIDDEN: 'You may not unmute yourself here', MUTED_BY_HOST: 'A host has muted you' };

/** What a person is told who is not in the room yet, by its place. */
const waits = {
  lobby: 'Please wait: somebody in the room has to let you in',
  pin: 'This room has a PIN: enter it with the keypad',
};

/** One visit of the room, from Join to its end. */
class Session {
  isMuted = false;
  #api;
  #call;
  #roster;
  #stream;
  #known = null;
  #members = [];
  #isTelling = false;
  #place = 'room';

  constructor(room, stream) {
    this.#stream = stream;
    this.#api = new RoomApi(room, token);
    this.#call = new Call(this.#api, {
      onState: (state) => this.#show(state),
      onEnded: (error) => this.#ended(error),
    });
    this.#roster = new Roster(this.#api, {
      onChange: (members) => this.#list(members),
      onEvent: (event) => this.#event(event),
    });
  }

  async start(name) {
    try {
      await this.#call.start(name, this.#stream);
    } catch (error) {
      this.#call.hangUp();
      throw error;
    }
    void this.#roster.follow();
  }

  async mute(isMuted) {
    this.#setMuted(isMuted);
    this.#isTelling = true;
    try {
      await this.#api.mute(this.#call.memberId, isMuted);
    } catch (error) {
      // Muted is muted, whatever the room shows; not muted is so only where the room agrees.
      if (!isMuted) {
        this.#setMuted(true);
        say(notUnmuted[error.code] ?? 'Unmuting did not work');
      }
    }
    this.#isTelling = false;
  }

  dial(digit) {
    say(this.#call.dial(digit) ? `Sent ${digit}` : 'Keys cannot be sent in this call');
  }

  hangUp() {
    this.#call.hangUp();
  }

  #showMembers() {
    const ownId = this.#call.memberId;
    const shown = this.#members.map((member) =>
      member.member_id === ownId ? { ...member, muted: member.muted || this.isMuted } : member,
    );
    showMembers(shown, ownId);
  }

  /** By a host. Nobody else opens a microphone that its owner has closed. */
  #wasMuted() {
    if (this.isMuted || this.#isTelling) return;
    this.#setMuted(true);
    say('You were muted');
  }

  #setMuted(isMuted) {
    this.isMuted = isMuted;
    this.#showMembers();
    this.#call.silence(isMuted);
    $('mute').setAttribute('aria-pressed', String(isMuted));
    $('mute').textContent = isMuted ? 'Unmute' : 'Mute';
  }

  #show(state) {
    if (state === 'connecting') say('Connecting…');
    if (state === 'connected') say(waits[this.#place] ?? 'Connected');
    if (state === 'reconnecting') say('The connection was lost. Trying to get it back…');
  }

  #event(event) {
    if (event.type === 'member_left' && event.member_id === this.#call.memberId) this.#call.gone(event.cause);
    const { member } = event;
    if (event.type === 'unmute_asked' && event.member_id === this.#call.memberId)
      say('You are asked to unmute yourself');
    if (event.type === 'member_updated' && member.member_id === this.#call.memberId && member.muted) this.#wasMuted();
  }

  #list(members) {
    this.#members = members;
    this.#announce(members);
    this.#showPlace(members.find(({ member_id }) => member_id === this.#call.memberId)?.place ?? this.#place);
    this.#showMembers();
  }

  #showPlace(place) {
    if (place === this.#place) return;
    this.#place = place;
    say(waits[place] ?? 'You are in the room');
    if (place === 'pin') showKeypad(true);
  }

  /** Who came and went since the last list. */
  #announce(members) {
    const names = new Map(members.map(({ member_id, peer }) => [member_id, peer]));
    const before = this.#known;
    this.#known = names;
    if (before === null) return;
    for (const [id, peer] of names) if (!before.has(id) && id !== this.#call.memberId) say(`${peer} joined`);
    for (const [id, peer] of before) if (!names.has(id) && id !== this.#call.memberId) say(`${peer} left`);
  }

  #ended(error) {
    this.#roster.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    session = null;
    showEntry();
    say(error === null ? 'You left the room' : '');
    if (error !== null) complain(error);
  }
}

function say(text) {
  $('status').textContent = text;
}

function complain(error) {
  const [what, advice] = problemOf(error);
  const [strong, small] = [document.createElement('strong'), document.createElement('p')];
  strong.textContent = what;
  small.textContent = advice;
  $('problem').replaceChildren(strong, small);
  $('problem').hidden = false;
}

function showEntry() {
  $('entry').hidden = false;
  $('call').hidden = true;
  $('join').disabled = false;
  $('title').textContent = asked.has('room') ? `Join ${asked.get('room')}` : 'Join a room';
  document.title = $('title').textContent;
  $('join').focus();
}

function showCall(room) {
  $('entry').hidden = true;
  $('call').hidden = false;
  $('title').textContent = room;
  document.title = `${room} – in the room`;
  $('mute').setAttribute('aria-pressed', 'false');
  $('mute').textContent = 'Mute';
  $('title').focus();
}

function showMembers(members, ownId) {
  $('count').textContent = String(members.length);
  const own = members.filter(({ member_id }) => member_id === ownId);
  const others = members.filter(({ member_id }) => member_id !== ownId);
  const sorted = [...own, ...others.sort((a, b) => a.peer.localeCompare(b.peer))];
  $('people').replaceChildren(...sorted.map((member) => rowOf(member, member.member_id === ownId)));
}

function rowOf(member, isOwn) {
  const element = (name, text, className = '') => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className !== '') made.className = className;
    return made;
  };
  const row = element('li', '');
  row.dataset.memberId = member.member_id;
  row.classList.toggle('speaking', member.speaking && !member.muted);
  const face = element('span', [...member.peer][0]?.toUpperCase() ?? '?', 'face');
  face.setAttribute('aria-hidden', 'true');
  const who = element('span', '', 'who');
  const place = { lobby: 'waits to be let in', pin: 'is asked for the PIN' }[member.place] ?? member.device;
  const role = member.role === 'member' ? '' : `, ${member.role}`;
  who.append(element('b', isOwn ? `${member.peer} (you)` : member.peer), element('small', place + role));
  const state = member.muted ? 'muted' : member.held ? 'on hold' : member.speaking ? 'speaking' : '';
  row.append(face, who, element('span', state, 'what'));
  return row;
}

function showKeypad(isOpen) {
  $('keypad').hidden = !isOpen;
  $('keys').setAttribute('aria-expanded', String(isOpen));
  if (isOpen) $('keypad').scrollIntoView({ block: 'nearest' });
}

/** Names are told once a microphone was allowed. */
async function listMicrophones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const inputs = devices.filter(
    ({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default' && deviceId !== '',
  );
  const chosen = $('microphone').value;
  const options = inputs.map(({ deviceId, label }, index) => new Option(label || `Microphone ${index + 1}`, deviceId));
  $('microphone').replaceChildren(new Option('System default', ''), ...options);
  $('microphone').value = inputs.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
}

let preview = null;

function endPreview() {
  preview?.end();
  preview = null;
}

/** Shows that the microphone works; asks for it only when it was allowed before or somebody chose one. */
async function startPreview() {
  endPreview();
  const stream = await openMicrophone($('microphone').value, $('original').checked);
  const unwatch = watchLevel(stream, (level) => {
    $('meter').firstElementChild.style.transform = `scaleX(${level})`;
    $('meter').setAttribute('aria-valuenow', String(Math.round(level * 100)));
  });
  preview = {
    end: () => {
      unwatch();
      for (const track of stream.getTracks()) track.stop();
    },
  };
  await listMicrophones();
}

async function join(event) {
  event.preventDefault();
  $('problem').hidden = true;
  $('join').disabled = true;
  const [room, name] = [$('room').value.trim(), $('name').value.trim()];
  rememberName(name);
  try {
    endPreview();
    const stream = await openMicrophone($('microphone').value, $('original').checked);
    session = new Session(room, stream);
    showCall(room);
    await session.start(name);
  } catch (error) {
    for (const part of ['entry', 'call']) $(part).hidden = part === 'call';
    say('');
    complain(error);
    $('join').disabled = false;
    $('title').textContent = `Join ${room}`;
  }
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

for (const digit of '123456789*0#') {
  const key = document.createElement('button');
  key.type = 'button';
  key.textContent = digit;
  key.setAttribute('aria-label', { '*': 'star', '#': 'hash' }[digit] ?? digit);
  key.addEventListener('click', () => session?.dial(digit));
  $('keypad').append(key);
}
$('entry').addEventListener('submit', (event) => void join(event));
$('mute').addEventListener('click', () => void session?.mute(!session.isMuted));
$('leave').addEventListener('click', () => session?.hangUp());
$('keys').addEventListener('click', () => showKeypad($('keypad').hidden));
for (const id of ['microphone', 'original']) {
  $(id).addEventListener('change', () => void startPreview().catch(complain));
}
navigator.mediaDevices?.addEventListener('devicechange', () => void listMicrophones());
addEventListener('pagehide', () => session?.hangUp());

$('room').value = asked.get('room') ?? '';
$('room').readOnly = asked.has('room');
$('name').value = asked.get('name') ?? knownName();
$('title').textContent = asked.has('room') ? `Join ${asked.get('room')}` : 'Join a room';
document.title = $('title').textContent;
const permission = await navigator.permissions?.query({ name: 'microphone' }).catch(() => null);
if (permission?.state === 'granted') await startPreview().catch(() => undefined);
else await listMicrophones();
