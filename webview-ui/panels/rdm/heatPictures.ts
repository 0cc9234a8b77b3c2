import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Box } from '../../../src/protocol/patches';
import type { RdmImage } from '../../../src/protocol/rdm';
import { useResource } from '../../shared/resource';
import { paintHeat, type HeatScale } from './heat';
import { wholeLimit } from './matrices';
import type { ReadyLayer, RdmView } from './view';
import { coveredCells, isWhole, type Viewport } from './viewport';

/** A painted part of an RDM: `region` is x, y, width, height in places. */
export interface HeatPicture {
  canvas: OffscreenCanvas;
  region: Box;
}

const pause = 120;

/** Pictures of a layer's RDM, coarse to sharp; the last ones stay until there are new ones. */
export function useHeatPictures(
  view: RdmView,
  layer: ReadyLayer,
  viewport: Viewport,
  pixels: number,
): { pictures: ReadonlySignal<HeatPicture[]>; loading: boolean; error: string | null } {
  const count = view.count.value;
  const small = count <= wholeLimit;
  const scale = view.scaleOf(layer);
  const shown = useSignal<HeatPicture[]>([]);
  const rows = view.rows.value;
  const key = view.known.value.value?.key ?? '';
  const current = view.current.value;
  const matrix = small && current ? view.matrices.get(key, layer.layer, count).value : null;
  const values = matrix?.values;
  const { colours, by, range } = scale;
  const looks = `${colours} ${by} ${range.join()}`;

  useLayoutEffect(() => {
    if (values?.length === rows.length ** 2)
      shown.value = [{ canvas: paint(values, rows.length, scale, rows), region: [0, 0, rows.length, rows.length] }];
  }, [values, rows, looks]);

  const coarse = useRegion(view, small || !current ? null : layer, [0, 0, count, count], Math.min(pixels, count), 0);
  const sharp = useRegion(
    view,
    small || !current || isWhole(viewport, count) ? null : layer,
    coveredCells(viewport, count),
    pixels,
    pause,
  );
  const last = useRef<{ coarse: HeatPicture | null; sharp: HeatPicture | null }>({ coarse: null, sharp: null });
  const coarsePicture = useMemo(() => picture(coarse.value, scale), [coarse.value, looks]);
  const sharpPicture = useMemo(() => picture(sharp.value, scale), [sharp.value, looks]);
  useLayoutEffect(() => {
    if (small) return;
    if (coarsePicture && coarsePicture !== last.current.coarse) last.current = { coarse: coarsePicture, sharp: null };
    if (sharpPicture) last.current.sharp = sharpPicture;
    const { coarse: first, sharp: second } = last.current;
    shown.value = [first, second].filter((one) => one !== null);
  }, [small, coarsePicture, sharpPicture]);

  const loading = small ? current && !values && !matrix?.error : coarse.loading || sharp.loading;
  return { pictures: shown, loading, error: (matrix?.error ?? coarse.error ?? sharp.error)?.message ?? null };
}

interface Region {
  image: RdmImage;
  region: Box;
}

/** A region of an RDM, fetched a moment after it was wanted, and at once when `wait` is 0. */
function useRegion(
  view: RdmView,
  layer: ReadyLayer | null,
  region: Box,
  size: number,
  wait: number,
): { value: Region | undefined; loading: boolean; error: Error | undefined } {
  const name = layer && JSON.stringify([view.known.value.value?.key, layer.layer, view.rowsKey.value, region, size]);
  const rows = view.rows.value;
  const { value, loading, error } = useResource(name, 0, async (signal): Promise<Region> => {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    signal.throwIfAborted();
    return { image: await view.matrices.fetch({ layer: layer!.layer, rows, region, size }, signal), region };
  }).value;
  return { value, loading, error };
}

function picture(part: Region | undefined, scale: HeatScale): HeatPicture | null {
  if (!part) return null;
  const { image, region } = part;
  return { canvas: paint(image.values, image.width, scale), region };
}

/** Values as a picture of one pixel each. */
export function paint(values: Float32Array, width: number, scale: HeatScale, rows?: Int32Array): OffscreenCanvas {
  const height = values.length / width;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(paintHeat(values, width, scale, rows), width, height), 0, 0);
  return canvas;
}
