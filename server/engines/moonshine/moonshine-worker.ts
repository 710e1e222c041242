/** Entry of the thread of a streaming Moonshine model. */
import { serveRecognizer } from '../recognition/serve-recognizer.js';
import { MoonshineModel, type MoonshineSetup } from './moonshine-model.js';

serveRecognizer((setup: MoonshineSetup) => MoonshineModel.load(setup));
