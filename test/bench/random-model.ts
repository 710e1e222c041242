/** `npm run bench -- random-model SHAPE FILE.gguf`: writes a model of a real shape with random weights. */
import { shapes, writeRandomModel } from '../helpers/random-model.js';

const [shape, path] = process.argv.slice(2);
if (shape === undefined || path === undefined || !(shape in shapes)) {
  process.stdout.write(
    `random-model SHAPE FILE.gguf, where SHAPE is one of ${Object.keys(shapes).join(', ')}\n`,
  );
  process.exitCode = 1;
} else {
  await writeRandomModel(path, shapes[shape as keyof typeof shapes]);
}
