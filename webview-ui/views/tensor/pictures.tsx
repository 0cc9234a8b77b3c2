import { useSignal, type Signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { SliceRequest, TensorSlice } from '../../../src/protocol/checkpoint';
import type { SliceContract } from '../../../src/protocol/checkpointViews';
import type { Client } from '../../../src/protocol/method';
import { formatCount, formatScore } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { LinkButton } from '../../ui/button';
import { NumberField } from '../../ui/numberFields';
import { Select } from '../../ui/select';
import { divergingGradient, planePixels, symmetric } from './colours';
import { limitsOf, mosaicPixels, type Shown } from './filterPixels';
import { ScaleSelect } from './scaleSelect';

export type AskSlice = Client<SliceContract>;

export interface PictureProps {
  ask: AskSlice;
  file: number;
  tensor: string;
  shape: readonly number[];
  revision: number;
  /** For a common scale of several pictures; else the picture's own. */
  limit?: number;
  onRange?: (limit: number) => void;
}

/** What comes of asking for a slice: the picture, or where it has got to. */
function Sliced({ ask, file, tensor, revision, what, children }: Omit<PictureProps, 'shape'> & { what: SliceRequest['what']; children: (slice: TensorSlice) => VNode }): VNode {
  const again = useSignal(0);
  const fetched = useResource(`${file} ${tensor} ${JSON.stringify(what)}`, revision + again.value, async (signal) => {
    await pause(signal);
    return ask.call('slice', { file, tensor, what }, { signal });
  });
  const { value, error } = fetched.value;
  if (value) return children(value);
  if (error)
    return (
      <p class="warning picture-note" role="alert">
        {error.message} <LinkButton onPress={() => again.value++}>Try again</LinkButton>
      </p>
    );
  return <div class="picture-waiting quiet" role="status">Reading…</div>;
}

/** Who runs along the list with the arrows asks for nothing on the way. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 120);
    signal.addEventListener('abort', () => clearTimeout(timer)); // nobody waits any more
  });
}

/** Two axes of a tensor as a heat map, the others at an index. */
export function Plane({ shape, onRange, ...props }: PictureProps): VNode {
  const rank = shape.length;
  const axes = useSignal<[number, number]>(rank < 2 ? [0, 0] : [0, 1]);
  const at = useSignal<number[]>(shape.map(() => 0));
  const [rows, columns] = axes.value;
  const what = { kind: 'plane', rows, columns, at: at.value, from: [0, 0], size: [1024, 1024] } satisfies SliceRequest['what'];
  const options = shape.map((length, axis) => ({ value: String(axis), label: `axis ${axis} (${formatCount(length)})` }));
  const choose = (which: 0 | 1, axis: number): void => {
    const other = axes.peek()[1 - which]!;
    const moved = axis === other ? axes.peek()[which] : other;
    axes.value = which === 0 ? [axis, moved] : [moved, axis];
  };
  return (
    <div class="plane">
      {rank > 2 && (
        <div class="plane-axes">
          <Select label="Rows" value={String(rows)} options={options} onChange={(axis) => choose(0, Number(axis))} />
          <span class="quiet">by</span>
          <Select label="Columns" value={String(columns)} options={options} onChange={(axis) => choose(1, Number(axis))} />
          {shape.map((length, axis) =>
            axis === rows || axis === columns || length < 2 ? null : (
              <label key={axis} class="plane-index">
                <span class="quiet">axis {axis}</span>
                <NumberField label={`Index on axis ${axis}`} value={at.value[axis] ?? 0} min={0} max={length - 1} onChange={(index) => (at.value = at.peek().map((old, i) => (i === axis ? index : old)))} />
              </label>
            ),
          )}
        </div>
      )}
      <Sliced {...props} what={what}>
        {(slice) => <PlanePicture slice={slice} limit={props.limit} onRange={onRange} whole={rank < 2 ? [1, shape[0] ?? 1] : [shape[rows]!, shape[columns]!]} />}
      </Sliced>
    </div>
  );
}

function PlanePicture({ slice, limit, onRange, whole }: { slice: TensorSlice; limit?: number; onRange?: (limit: number) => void; whole: [number, number] }): VNode {
  const [rows, columns] = slice.shape as [number, number];
  const read = useSignal<string | null>(null);
  const own = symmetric(slice.range);
  const scale = limit ?? own;
  useLayoutEffect(() => onRange?.(own), [own]);
  if (rows * columns === 0) return <p class="quiet picture-note">This plane has no elements.</p>;
  const cut = rows < whole[0] || columns < whole[1];
  return (
    <>
      <Pixels
        picture={() => planePixels(slice, scale)}
        dependsOn={[slice, scale]}
        // A vector is a strip.
        tall={rows === 1 ? 24 : undefined}
        label={`Heat map of ${rows} rows and ${columns} columns, from ${formatScore(slice.range?.[0] ?? NaN)} to ${formatScore(slice.range?.[1] ?? NaN)}`}
        onPoint={(x, y) => {
          const column = Math.floor(x * columns);
          const row = Math.floor(y * rows);
          read.value = `[${row}, ${column}]  ${formatScore(slice.values[row * columns + column]!)}`;
        }}
        onLeave={() => (read.value = null)}
      />
      <Scale limit={scale} read={read.value} />
      {cut && (
        <p class="quiet picture-note">
          The first {formatCount(rows)} × {formatCount(columns)} of {formatCount(whole[0])} × {formatCount(whole[1])}.
        </p>
      )}
    </>
  );
}

function Scale({ limit, read }: { limit: number; read: string | null }): VNode {
  return (
    <div class="scale">
      <span>{formatScore(-limit)}</span>
      <span class="scale-line" style={{ background: divergingGradient }} />
      <span>{formatScore(limit)}</span>
      <span class="scale-read">{read ?? ''}</span>
    </div>
  );
}

/** Which input channel of filters is looked at. */
export function ChannelField({ channel, channels }: { channel: Signal<number>; channels: number }): VNode {
  return (
    <label class="plane-index">
      <span class="quiet">Input channel</span>
      <NumberField label="Input channel" value={channel.value} min={0} max={channels - 1} onChange={(next) => (channel.value = next)} />
      <span class="quiet">of {formatCount(channels)}</span>
    </label>
  );
}

/** Whether filters show one channel, of several. */
export function hasChannelField([, channels = 1]: readonly number[]): boolean {
  return channels > 1 && channels !== 3;
}

/**
 * The filters of a convolution, side by side. Where they are compared with those of another file (`onRange`), all have the scale that is common to both.
 * @param given the input channel, where it is chosen outside
 */
export function Mosaic({ shape, limit, onRange, channel: given, ...props }: PictureProps & { channel?: Signal<number> }): VNode {
  const own = useSignal(0);
  const channel = given ?? own;
  const jointly = useSignal(false);
  const channels = shape[1]!;
  const shown: Shown = channels === 3 ? { kind: 'colour', channels: [0, 1, 2] } : { kind: 'channel', channel: channel.value };
  return (
    <div class="mosaic">
      <div class="mosaic-bar">
        {!onRange && <ScaleSelect jointly={jointly.value} onChange={(next) => (jointly.value = next)} />}
        {!given && hasChannelField(shape) && <ChannelField channel={channel} channels={channels} />}
      </div>
      <Sliced {...props} what={{ kind: 'filters', first: 0, most: 256 }}>
        {(slice) => <MosaicPicture slice={slice} whole={shape[0]!} shown={shown} jointly={jointly.value} limit={limit} onRange={onRange} />}
      </Sliced>
    </div>
  );
}

interface MosaicPictureProps extends Pick<PictureProps, 'limit' | 'onRange'> {
  slice: TensorSlice;
  whole: number;
  shown: Shown;
  jointly: boolean;
}

function MosaicPicture({ slice, whole, shown, jointly, limit, onRange }: MosaicPictureProps): VNode {
  const [units, , height, width] = slice.shape as [number, number, number, number];
  const read = useSignal<string | null>(null);
  const own = symmetric(slice.range);
  useLayoutEffect(() => onRange?.(own), [own]);
  const common = onRange ? (limit ?? own) : null;
  if (slice.values.length === 0) return <p class="quiet picture-note">These filters have no elements, or are too large to be shown.</p>;
  const columns = Math.min(units, Math.max(1, Math.round(Math.sqrt((units * 1.6 * (height + 1)) / (width + 1)))));
  const rows = Math.ceil(units / columns);
  return (
    <>
      <Pixels
        picture={() => mosaicPixels(slice, columns, shown, common === null ? limitsOf(Array.from({ length: units }, (_, place) => ({ slice, place })), shown, jointly) : () => common)}
        dependsOn={[slice, JSON.stringify(shown), jointly, common]}
        label={`${units} filters of ${height} × ${width}${shown.kind === 'channel' ? `, input channel ${shown.channel}` : ' in colour'}`}
        onPoint={(x, y) => {
          const unit = Math.floor(y * rows) * columns + Math.floor(x * columns);
          read.value = unit < units ? `unit ${unit}` : null;
        }}
        onLeave={() => (read.value = null)}
      />
      <p class="quiet picture-note" role="status">
        {read.value ?? (units < whole ? `The first ${formatCount(units)} of ${formatCount(whole)} filters` : `${formatCount(units)} filters`)}
        {shown.kind === 'colour' ? ', channels as red, green and blue' : ''}
      </p>
    </>
  );
}

interface PixelsProps {
  picture: () => ImageData;
  dependsOn: unknown[];
  label: string;
  tall?: number;
  onPoint: (x: number, y: number) => void;
  onLeave: () => void;
}

/** A small picture, each of its pixels large. */
function Pixels({ picture, dependsOn, label, tall, onPoint, onLeave }: PixelsProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<[number, number]>([1, 1]);
  useLayoutEffect(() => {
    const data = picture();
    const target = canvas.current!;
    target.width = data.width;
    target.height = data.height;
    target.getContext('2d')!.putImageData(data, 0, 0);
    if (size.peek()[0] !== data.width || size.peek()[1] !== data.height) size.value = [data.width, data.height];
  }, dependsOn);
  const [width, height] = size.value;
  // As wide as there is room, but no pixel wider than 24 and no picture taller than 360.
  const widest = Math.min(24 * width, tall === undefined ? (360 * width) / height : Infinity);
  return (
    <canvas
      ref={canvas}
      class="pixels"
      role="img"
      aria-label={label}
      style={{ maxWidth: `${Math.max(24, widest)}px`, ...(tall === undefined ? { aspectRatio: `${width} / ${height}` } : { height: `${tall}px` }) }}
      onMouseMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        onPoint(Math.min(0.9999, (event.clientX - box.left) / box.width), Math.min(0.9999, (event.clientY - box.top) / box.height));
      }}
      onMouseLeave={onLeave}
    />
  );
}
