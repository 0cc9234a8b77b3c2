import { cancelled, UnitscopeError } from '../../../protocol/errors';
import type { LayerSilence } from '../../../protocol/graph';
import type { Tap } from '../../runtime/tap';
import type { Population } from '../../store/population';
import type { Recording } from '../../store/recording';
import type { OpenStudy } from '../../study/openStudy';

/** Stimuli that a share is counted on, about: with 1,000 its standard error is below 1.6 % for each unit. */
const enoughImages = 1000;

/** The silence of every layer that has been recorded, in the order of the graph. */
export async function silenceOfLayers(study: OpenStudy, signal: AbortSignal): Promise<LayerSilence[]> {
  const recording = await study.recording();
  const found: LayerSilence[] = [];
  for (const { name } of study.layers) {
    if (signal.aborted) throw cancelled();
    const tap = tapWhereKnown(study, name);
    const silence = tap && (await silenceOf(recording, tap, study.population));
    if (silence && silence.images > 0) found.push({ layer: name, ...silence });
  }
  return found;
}

/** Null for a layer whose shape is not known, or has not the axis that was chosen: nothing can have been recorded of it. */
function tapWhereKnown(study: OpenStudy, layer: string): Tap | null {
  try {
    return study.tap(layer);
  } catch (error) {
    if (error instanceof UnitscopeError && error.code === 'layer.failed') return null;
    throw error;
  }
}

/** Share of pairs of a unit and a stimulus of the population whose maximum is exactly 0. Maxima that are no numbers are no zeros. */
export async function silenceOf(recording: Recording, tap: Tap, population: Population, enough = enoughImages): Promise<Omit<LayerSilence, 'layer'>> {
  const seen = new Set<string>();
  let silent = 0;
  for (const segment of recording.segmentsFrom(0)) {
    if (seen.size >= enough) break;
    const { images } = segment.header;
    const columns = images.flatMap((image, column) => (!seen.has(image) && population.indicesOf(image).length > 0 ? [column] : []));
    const scores = columns.length > 0 ? await segment.read(tap.key) : null;
    if (!scores) continue;
    for (const column of columns) {
      seen.add(images[column]!);
      for (let unit = 0; unit < tap.units; unit++) if (scores[unit * images.length + column] === 0) silent++;
    }
  }
  return { share: seen.size === 0 ? 0 : silent / (seen.size * tap.units), images: seen.size };
}
