/** Entry of Smart Turn's thread: the end of what a caller has said in, the probability that the turn is over out. */
import { serveEngine } from '../engine-worker.js';
import { OnnxSession, type OnnxPlace } from '../onnx/onnx-session.js';
import { floatTensor } from '../onnx/tensors.js';
import { SMART_TURN_SHAPE, SmartTurnFeatures } from './smart-turn-features.js';

export type SmartTurnSetup = { path: string } & OnnxPlace;

/** Speech at 16 kHz. */
export type SmartTurnRequest = Int16Array;

serveEngine<SmartTurnSetup, SmartTurnRequest, never, never, number>(async ({ path, ...place }) => {
  const session = await OnnxSession.open(path, ['input_features'], place);
  const features = new SmartTurnFeatures();
  return {
    run: async (speech) => {
      const input = floatTensor(features.compute(speech), SMART_TURN_SHAPE);
      // Whatever its name is ("logits" in some versions): the sigmoid is part of the graph.
      const { data } = (await session.run({ input_features: input })).first;
      const [probability] = data as Float32Array;
      if (probability === undefined || !(probability >= 0 && probability <= 1))
        throw new Error(`${path} gave ${String(probability)}, not a probability.`);
      return probability;
    },
    close: () => session.close(),
  };
});
