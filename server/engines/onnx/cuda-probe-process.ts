/** Opens a small model on the graphics card; says on standard error why it cannot. */
import { InferenceSession } from 'onnxruntime-node';
import { sileroModelPath } from '../silero-vad.js';

try {
  const session = await InferenceSession.create(sileroModelPath(), {
    executionProviders: [{ name: 'cuda', deviceId: 0 }],
    logSeverityLevel: 3,
  });
  await session.release();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.disconnect?.();
