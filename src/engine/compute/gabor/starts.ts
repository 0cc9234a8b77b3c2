import { withBestAmplitudes, type Parameters, type Plane } from './gabor';

/** Where a fit begins: half a cycle in four directions, and at the two strongest places of the spectrum, some slower and faster, with envelopes of two sizes and at two centres. */
export function gaborStarts(plane: Plane): Parameters[] {
  const { width, height } = plane;
  const side = Math.max(width, height);
  const centres = [[(width - 1) / 2, (height - 1) / 2] as const, energyCentre(plane)];
  const [x, y] = centres[1]!;
  const slow = [0, 1, 2, 3].map((quarter): Parameters => [0, 0, x, y, Math.log(side / 4), Math.log(side / 4), (quarter * Math.PI) / 4, 0.5 / side, 0]);
  const starts = slow.map((parameters) => withBestAmplitudes(plane, parameters));
  for (const { frequency, angle } of spectrumPeaks(plane, 2))
    for (const faster of [0.7, 1, 1.3])
      for (const sigma of [side / 6, side / 3])
        for (const [column, row] of faster === 1 ? centres : centres.slice(1)) {
          const f = Math.max(0.25 / side, Math.min(Math.SQRT1_2, faster * frequency));
          starts.push(withBestAmplitudes(plane, [0, 0, column, row, Math.log(sigma), Math.log(sigma), angle, f, 0]));
        }
  return starts;
}

/** The same for a Gaussian alone: at the strongest pixel and the centre of energy, round and in four directions. */
export function gaussianStarts(plane: Plane): Parameters[] {
  const { values, width, height } = plane;
  const side = Math.max(width, height);
  let strongest = 0;
  for (const [pixel, value] of values.entries()) if (Math.abs(value) > Math.abs(values[strongest]!)) strongest = pixel;
  const centres = [[strongest % width, Math.floor(strongest / width)] as const, energyCentre(plane)];
  const starts: Parameters[] = [];
  for (const [x, y] of centres)
    for (const [across, along] of [[side / 8, side / 8], [side / 4, side / 4], [side / 8, side / 3]] as const)
      for (const angle of across === along ? [0] : [0, 1, 2, 3].map((quarter) => (quarter * Math.PI) / 4))
        starts.push(withBestAmplitudes(plane, [0, 0, x, y, Math.log(across), Math.log(along), angle, 0, 0]));
  return starts;
}

/** The mean place of the squared values. */
function energyCentre({ values, width }: Plane): readonly [number, number] {
  let [sum, x, y] = [0, 0, 0];
  for (const [pixel, value] of values.entries()) {
    const energy = value * value;
    sum += energy;
    x += energy * (pixel % width);
    y += energy * Math.floor(pixel / width);
  }
  return sum === 0 ? [0, 0] : [x / sum, y / sum];
}

/** The strongest local maxima of the power spectrum, on a grid four times as fine as the plane's own. */
function spectrumPeaks(plane: Plane, most: number): { frequency: number; angle: number }[] {
  const { values, width, height } = plane;
  const [columns, rows] = [4 * width, 4 * height];
  const halfColumns = Math.floor(columns / 2);
  const lines = rows + 1;
  const power = new Float64Array((halfColumns + 1) * lines);
  for (let i = 0; i <= halfColumns; i++)
    for (let j = 0; j < lines; j++) {
      const [fx, fy] = [i / columns, (j - Math.floor(rows / 2)) / rows];
      if (Math.hypot(fx, fy) < 0.4 / Math.max(width, height)) continue;
      let [real, imaginary] = [0, 0];
      for (const [pixel, value] of values.entries()) {
        const turn = 2 * Math.PI * (fx * (pixel % width) + fy * Math.floor(pixel / width));
        real += value * Math.cos(turn);
        imaginary += value * Math.sin(turn);
      }
      power[i * lines + j] = real * real + imaginary * imaginary;
    }
  const at = (i: number, j: number): number => (i < 0 || i > halfColumns || j < 0 || j >= lines ? 0 : power[i * lines + j]!);
  const peaks: { frequency: number; angle: number; power: number }[] = [];
  for (let i = 0; i <= halfColumns; i++)
    for (let j = 0; j < lines; j++) {
      const own = at(i, j);
      if (own === 0 || [-1, 0, 1].some((di) => [-1, 0, 1].some((dj) => at(i + di, j + dj) > own))) continue;
      const [fx, fy] = [i / columns, (j - Math.floor(rows / 2)) / rows];
      peaks.push({ frequency: Math.hypot(fx, fy), angle: Math.atan2(-fy, fx), power: own });
    }
  return peaks.sort((a, b) => b.power - a.power).slice(0, most);
}
