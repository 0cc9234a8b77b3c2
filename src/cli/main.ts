import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isCancelled, toUnitscopeError } from '../protocol/errors';
import type { Box } from '../protocol/patches';
import { pools, rdmComparisons, rdmMeasures } from '../protocol/rdm';
import { metrics } from '../protocol/retrieval';
import { deviceChoices } from '../protocol/scan';
import { version } from '../../package.json';
import { embed } from './embed';
import { inspect } from './inspect';
import { neighbors } from './neighbors';
import { patches } from './patches';
import { rdm } from './rdm';

/** Entry of the command line. Exit codes: 0 success, 2 wrong usage, 1 failure, 130 stopped by Ctrl-C. */

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

function boxOf(text: string): Box {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x, y, width, height] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isFinite) || !(width! > 0) || !(height! > 0))
    throw new InvalidArgumentError('It must be x,y,w,h in pixels of the image, w and h above 0.');
  return [x!, y!, width!, height!];
}

const collect = (value: string, previous: string[] = []): string[] => [...previous, value];

function common(command: Command): Command {
  return command
    .requiredOption('--images <dir>', 'a folder of images, or a manifest (.csv, .jsonl)')
    .option('--preprocess <file>', 'how images become inputs, in the fields of a preprocessor_config.json')
    .addOption(new Option('--device <name>', 'where the model runs').choices([...deviceChoices]).default('auto'))
    .option('--limit <n>', 'only the first n images', count)
    .option('--cache <dir>', "folder for results (default: the user's cache folder)")
    .option('--quiet', 'no progress on standard error');
}

const program = new Command('unitscope')
  .description('See what every layer and unit of a vision network has learned.')
  .version(version)
  .showHelpAfterError('(see unitscope --help)')
  .exitOverride();

program
  .command('inspect')
  .description("print what a file holds: a model's layers with shape, units and receptive field, or a checkpoint's tensors")
  .argument('<file>', 'an ONNX model, or a file of weights')
  .option('--json', 'as JSON')
  .action(inspect);

common(
  program
    .command('patches')
    .description('find the image patches that drive each unit most, and write them to DIR/patches.json')
    .argument('<model>', 'an ONNX model')
    .option('--layer <name>', 'a layer, by its ONNX value name; repeat for more (default: all layers)', collect)
    .option('--top <k>', 'patches a unit', count, 9)
    .requiredOption('--out <dir>', 'where to write'),
).action(patches);

common(
  program
    .command('rdm')
    .description('compute representational dissimilarity matrices of layers, compare them, and write them to DIR')
    .argument('<model>', 'an ONNX model')
    .option('--layer <name>', 'a layer, by its ONNX value name; repeat for more (default: all layers)', collect)
    .addOption(new Option('--pool <pool>', "a stimulus' vector: all activations, or each unit's mean or maximum").choices([...pools]).default('flatten'))
    .addOption(new Option('--measure <measure>', 'dissimilarity of two stimuli').choices([...rdmMeasures]).default('correlation'))
    .option('--precision <file>', 'mahalanobis, crossnobis: .npy file with the precision matrix of the features')
    .option('--folds <column>', 'crossnobis: manifest column that says which fold an image belongs to')
    .option('--reference <file>', 'RDMs to compare layers with (.npy, .csv, .json, .mat); repeat for more', collect)
    .addOption(new Option('--compare <name>', 'similarity of two RDMs').choices([...rdmComparisons]).default('rho-a'))
    .requiredOption('--out <dir>', 'where to write'),
).action(rdm);

common(
  program
    .command('embed')
    .description('write the embeddings of all images in a layer to FILE.npy, float32 N x D, and what they are to FILE.json')
    .argument('<model>', 'an ONNX model')
    .requiredOption('--layer <name>', 'a layer, by its ONNX value name')
    .addOption(new Option('--pool <pool>', "an image's vector: all activations, or each unit's mean or maximum").choices([...pools]).default('flatten'))
    .option('--whiten <d>', 'project on d principal components of the images, each scaled to variance 1', count)
    .option('--l2', 'scale each embedding to length 1')
    .requiredOption('--out <file>', 'where to write: FILE.npy'),
).action(embed);

common(
  program
    .command('neighbors')
    .description('print the images that a layer holds to be most similar to an image, or to a box of it')
    .argument('<model>', 'an ONNX model')
    .requiredOption('--layer <name>', 'a layer, by its ONNX value name')
    .requiredOption('--query <image>', 'an image file; it is not among its own neighbours')
    .option('--box <x,y,w,h>', 'only this part of the query, in pixels', boxOf)
    .addOption(new Option('--pool <pool>', "an image's vector: all activations, or each unit's mean or maximum").choices([...pools]).default('mean'))
    .addOption(new Option('--metric <metric>', 'distance of two embeddings').choices([...metrics]).default('cosine'))
    .option('--top <k>', 'neighbours', count, 9)
    .option('--json', 'as JSON'),
).action(neighbors);

async function main(): Promise<number> {
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its sentence
    if (isCancelled(error)) return 130;
    const { code, message } = toUnitscopeError(error);
    console.error(`unitscope: ${message}`);
    return code === 'usage' ? 2 : 1;
  }
}

/** Ends when what was printed has gone out, which takes a pipe's reader its time. Nobody may be reading any more. */
function exit(code: number): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(code));
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

void main().then(exit);
