// The microphone: one track at a time, which may end by itself when it is unplugged.

/** Stands for none where a device is chosen. */
export const NO_MICROPHONE = 'none';

/** @param isOriginal  as the microphone has it: what is no speech, music for one, is not taken for noise */
export function openMicrophone(deviceId, isOriginal) {
  const processing = !isOriginal;
  const audio = {
    echoCancellation: processing,
    noiseSuppression: processing,
    autoGainControl: processing,
    ...(deviceId === '' ? {} : { deviceId: { exact: deviceId } }),
  };
  if (navigator.mediaDevices === undefined) {
    return Promise.reject(new DOMException('not in a secure context', 'SecurityError'));
  }
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** Microphones there are; their names are told once one was allowed. */
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const inputs = devices.filter(
    ({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default' && deviceId !== '',
  );
  return inputs.map(({ deviceId, label }, index) => ({ deviceId, label: label || `Microphone ${index + 1}` }));
}

/** What is sent: the track of one device, muted or not. `onGone(label)`: it ended without being closed. */
export class Microphone {
  /** Null: there is none. */
  track = null;
  deviceId;
  #isOriginal;
  #isMuted = false;
  #onGone = () => undefined;
  #opened = 0;

  constructor({ deviceId, isOriginal }) {
    this.deviceId = deviceId;
    this.#isOriginal = isOriginal;
  }

  whenGone(onGone) {
    this.#onGone = onGone;
  }

  /**
   * Opens that device; the one before is kept until it is there, and where it cannot be had. Throws what getUserMedia throws.
   * @returns false where another one was chosen, or it was closed, in the meantime
   */
  async open(deviceId = this.deviceId) {
    this.#opened += 1;
    const turn = this.#opened;
    const stream = await openMicrophone(deviceId, this.#isOriginal);
    const [track] = stream.getAudioTracks();
    if (turn !== this.#opened) {
      track.stop();
      return false;
    }
    this.track?.stop();
    this.track = track;
    this.deviceId = deviceId;
    track.enabled = !this.#isMuted;
    track.addEventListener('ended', () => this.#gone(track));
    return true;
  }

  /** Silence at the source, whatever the room has for this member. */
  mute(isMuted) {
    this.#isMuted = isMuted;
    if (this.track !== null) this.track.enabled = !isMuted;
  }

  /** Not every browser ends a track when its device is gone. */
  check(devices) {
    const { track } = this;
    const id = track?.getSettings().deviceId ?? '';
    if (track === null || id === '' || id === 'default' || devices.length === 0) return;
    if (!devices.some(({ deviceId }) => deviceId === id)) this.#gone(track);
  }

  close() {
    this.#opened += 1;
    this.track?.stop();
    this.track = null;
  }

  #gone(track) {
    if (track !== this.track) return;
    const { label } = track;
    this.close();
    this.#onGone(label);
  }
}
