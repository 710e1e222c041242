/** What test callers say, made by the project's own synthesiser. */
import { pino } from 'pino';
import { Priority } from '../../server/engines/engine-types.js';
import { FliteSynthesizer } from '../../server/engines/flite-synthesizer.js';
import { join } from '../helpers/wav.js';
import { encodeClip, type OpusClip } from './opus-clip.js';

/** Speaks every text in one voice; the clips come in the order of the texts. */
export async function speechClips(texts: readonly string[], voice = 'rms'): Promise<OpusClip[]> {
  const synthesizer = await FliteSynthesizer.start({ logger: pino({ level: 'silent' }) });
  try {
    const clips: OpusClip[] = [];
    for (const text of texts) {
      const chunks: Int16Array[] = [];
      const request = { text, voice, priority: Priority.waiting };
      for await (const { samples } of synthesizer.synthesize(request, AbortSignal.timeout(30_000)))
        chunks.push(samples);
      clips.push(encodeClip(join(...chunks)));
    }
    return clips;
  } finally {
    await synthesizer.close();
  }
}

/** One clip; see {@link speechClips}. */
export async function speechClip(text: string, voice?: string): Promise<OpusClip> {
  const [clip] = await speechClips([text], voice);
  if (clip === undefined) throw new Error(`No speech came of "${text}".`);
  return clip;
}
