/** The microphone of one call: muted or not, and another one while the call goes on. */
import { CallError } from './call-errors.js';
import { openMicrophone } from './microphone.js';

export interface CallMicrophoneHooks {
  /** This track is the microphone from now on. */
  changed(track: MediaStreamTrack): void;
  /** The microphone in use was unplugged, or taken away. */
  lost(error: CallError): void;
}

export class CallMicrophone {
  readonly #hooks: CallMicrophoneHooks;
  #track: MediaStreamTrack | undefined;
  #muted = false;
  #over = false;

  constructor(hooks: CallMicrophoneHooks) {
    this.#hooks = hooks;
  }

  /** The one in use. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Silence in place of the microphone, or the microphone again. */
  set muted(muted: boolean) {
    this.#muted = muted;
    if (this.#track) this.#track.enabled = !muted;
  }

  /** Opens the first one. Rejects with a CallError. */
  async open(deviceId: string | undefined): Promise<MediaStreamTrack> {
    const track = await openMicrophone(deviceId);
    this.#use(track);
    return track;
  }

  /**
   * Opens another one in its place. Rejects with a CallError and keeps the old one.
   * @param send sends it from now on, and stops the one before.
   */
  async change(deviceId: string, send: (track: MediaStreamTrack) => Promise<void>): Promise<void> {
    const track = await openMicrophone(deviceId);
    if (this.#over) return track.stop();
    await send(track);
    this.#use(track);
  }

  /** Lets go of it, and of what is still being opened. */
  close(): void {
    this.#over = true;
    this.#track?.stop();
  }

  #use(track: MediaStreamTrack): void {
    if (this.#over) return track.stop();
    this.#track = track;
    track.enabled = !this.#muted;
    this.#hooks.changed(track);
    track.addEventListener('ended', () => {
      if (this.#track === track && !this.#over)
        this.#hooks.lost(new CallError('microphoneLost', `${track.label} is gone.`));
    });
  }
}
