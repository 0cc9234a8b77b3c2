import type { Raster, Size } from './raster';

/** What is wrong with the file, to complete "… cannot be decoded as BMP: ". */
export class BmpError extends Error {}

interface Header extends Size {
  topDown: boolean;
  bits: number;
  compression: number;
  /** Bit masks of red, green and blue; null for palettes and the usual layouts. */
  masks: [red: number, green: number, blue: number] | null;
  /** Three bytes a colour: red, green, blue. */
  palette: Uint8Array;
  /** Where the pixels start. */
  offset: number;
}

const [plain, rle8, rle4, bitFields, alphaBitFields] = [0, 1, 2, 3, 6];

/**
 * Reads a BMP's headers: OS/2 (12 bytes), Windows 3 (40) and its successors (52 to 124). Throws BmpError. Formats as
 * described in Microsoft's "Bitmap Storage" (wingdi.h: BITMAPCOREHEADER to BITMAPV5HEADER).
 */
export function readBmpHeader(file: Uint8Array): Header {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 26) throw new BmpError('the header is cut off');
  const size = view.getUint32(14, true);
  const old = size === 12;
  if ((!old && (size < 40 || size > 124)) || file.length < 14 + size) throw new BmpError('its header is not known');
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = old ? view.getInt16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? plain : view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw new BmpError(`its size is ${width} x ${signedHeight}`);

  const allowed: Record<number, number[]> = {
    [plain]: [1, 2, 4, 8, 16, 24, 32],
    [rle8]: [8],
    [rle4]: [4],
    [bitFields]: [16, 32],
    [alphaBitFields]: [16, 32],
  };
  if (!allowed[compression]?.includes(bits)) {
    throw new BmpError(`${bits} bits with compression ${compression} are not supported`);
  }

  const masked = compression === bitFields || compression === alphaBitFields;
  // A 40-byte header has its masks behind it, longer ones hold them.
  const behind = masked && size === 40 ? (compression === alphaBitFields ? 16 : 12) : 0;
  if (14 + size + behind > file.length) throw new BmpError('the header is cut off');
  const mask = (i: number) => view.getUint32(54 + 4 * i, true);
  const masks: Header['masks'] = masked ? [mask(0), mask(1), mask(2)] : bits === 16 ? [0x7c00, 0x3e0, 0x1f] : null;

  const start = 14 + size + behind;
  const entry = old ? 3 : 4;
  const offset = view.getUint32(10, true);
  const named = old ? 0 : view.getUint32(46, true);
  const colours =
    bits > 8 ? 0 : Math.min(named === 0 ? 256 : named, 1 << bits, Math.floor((file.length - start) / entry));
  const palette = new Uint8Array(3 * 256);
  for (let i = 0, p = start; i < colours && (offset <= start || p < offset); i++, p += entry) {
    palette[3 * i] = file[p + 2]!;
    palette[3 * i + 1] = file[p + 1]!;
    palette[3 * i + 2] = file[p]!;
  }
  return { width, height, topDown: signedHeight < 0, bits, compression, masks, palette, offset };
}

/**
 * Decodes a BMP to RGB, alpha dropped. The caller has checked that width x height is bearable. Throws BmpError when
 * pixels are missing.
 */
export function decodeBmp(file: Uint8Array, header: Header = readBmpHeader(file)): Raster {
  const { width, height, bits, compression, offset } = header;
  const image: Raster = { data: new Uint8Array(width * height * 3), width, height, channels: 3 };
  if (compression === rle8 || compression === rle4) {
    const indices = expandRuns(file.subarray(offset), header);
    for (let y = 0; y < height; y++) paint(image, header, y, (x) => indices[y * width + x]!);
    return image;
  }
  const stride = Math.ceil((bits * width) / 32) * 4;
  // The last row's padding may be missing, as other readers allow too.
  if (offset + stride * (height - 1) + Math.ceil((bits * width) / 8) > file.length) {
    throw new BmpError('it ends before its last row');
  }
  for (let y = 0; y < height; y++) {
    const row = file.subarray(offset + y * stride);
    if (bits <= 8) paint(image, header, y, indexReader(row, bits));
    else if (header.masks) paintMasked(image, header, y, row);
    else paintDirect(image, header, y, row);
  }
  return image;
}

/** Rows are stored from the bottom unless the height was negative. */
const target = ({ width, height, topDown }: Header, row: number): number =>
  (topDown ? row : height - 1 - row) * width * 3;

function paint(image: Raster, header: Header, row: number, index: (x: number) => number): void {
  let o = target(header, row);
  for (let x = 0; x < header.width; x++) {
    const p = 3 * index(x);
    image.data[o++] = header.palette[p]!;
    image.data[o++] = header.palette[p + 1]!;
    image.data[o++] = header.palette[p + 2]!;
  }
}

/** Palette indices of 1, 2, 4 or 8 bits, the leftmost pixel in the highest bits. */
function indexReader(row: Uint8Array, bits: number): (x: number) => number {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  return (x) => (row[Math.floor(x / perByte)]! >> (8 - bits * ((x % perByte) + 1))) & mask;
}

function paintDirect(image: Raster, header: Header, row: number, from: Uint8Array): void {
  const step = header.bits / 8;
  let o = target(header, row);
  for (let x = 0, p = 0; x < header.width; x++, p += step) {
    image.data[o++] = from[p + 2]!;
    image.data[o++] = from[p + 1]!;
    image.data[o++] = from[p]!;
  }
}

function paintMasked(image: Raster, header: Header, row: number, from: Uint8Array): void {
  const step = header.bits / 8;
  const channels = header.masks!.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift };
  });
  let o = target(header, row);
  for (let x = 0, p = 0; x < header.width; x++, p += step) {
    const low = from[p]! | (from[p + 1]! << 8);
    const pixel = step === 2 ? low : (low | (from[p + 2]! << 16) | (from[p + 3]! << 24)) >>> 0;
    for (const { mask, shift, most } of channels) {
      image.data[o++] = most === 0 ? 0 : Math.floor((((pixel & mask) >>> shift) * 255) / most);
    }
  }
}

/** Expands run-length encoded palette indices, in stored row order. Pixels jumped over are 0. */
function expandRuns(code: Uint8Array, { width, height, bits }: Header): Uint8Array {
  const indices = new Uint8Array(width * height);
  const nibbles = bits === 4;
  let x = 0;
  let y = 0;
  const put = (value: number) => {
    if (x < width && y < height) indices[y * width + x] = value;
    x++;
  };
  for (let p = 0; y < height;) {
    if (p + 1 >= code.length) throw new BmpError('it ends before its last row');
    const count = code[p]!;
    const value = code[p + 1]!;
    p += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(nibbles ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (p + 1 >= code.length) throw new BmpError('it ends before its last row');
      x += code[p]!;
      y += code[p + 1]!;
      p += 2;
    } else {
      const bytes = nibbles ? Math.ceil(value / 2) : value;
      if (p + bytes > code.length) throw new BmpError('it ends before its last row');
      for (let i = 0; i < value; i++) {
        put(nibbles ? (code[p + (i >> 1)]! >> (i % 2 === 0 ? 4 : 0)) & 15 : code[p + i]!);
      }
      p += bytes + (bytes % 2); // literals end on a whole word
    }
  }
  return indices;
}
