/** Loads models of several graphs, all of them or none. */
import { OnnxSession } from './onnx-session.js';

/**
 * Closes what was opened when the rest of the model cannot be loaded.
 * @param load is handed what opens a session.
 * @throws what `load` throws.
 */
export async function withGraphs<Model>(
  load: (open: typeof OnnxSession.open) => Promise<Model>,
): Promise<Model> {
  const opened: OnnxSession[] = [];
  try {
    return await load(async (...options) => {
      const session = await OnnxSession.open(...options);
      opened.push(session);
      return session;
    });
  } catch (error) {
    await Promise.all(opened.map((session) => session.close()));
    throw error;
  }
}
