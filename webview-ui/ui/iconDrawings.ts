/** Drawn on a grid of 16, as outlines of the text's colour; `f:` marks parts that are filled instead. */
export const drawings = {
  search: ['M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9', 'M10.3 10.3L13.5 13.5'],
  close: ['M4 4l8 8M12 4l-8 8'],
  check: ['M3 8.5l3.2 3.2L13 4.8'],
  'chevron-right': ['M6 3.5L10.5 8L6 12.5'],
  'chevron-left': ['M10 3.5L5.5 8L10 12.5'],
  'chevron-down': ['M3.5 6L8 10.5L12.5 6'],
  'arrow-up': ['M8 13V3.5M4 7.2L8 3.2l4 4'],
  'arrow-down': ['M8 3v9.5M4 8.8l4 4l4-4'],
  more: [
    'f:M3.5 6.9a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 0 0 0-2.2M8 6.9a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 0 0 0-2.2M12.5 6.9a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 0 0 0-2.2',
  ],
  'expand-all': ['M4.5 5.5L8 2L11.5 5.5', 'M4.5 10.5L8 14L11.5 10.5', 'M3 8h10'],
  'collapse-all': ['M4.5 2.5L8 6L11.5 2.5', 'M4.5 13.5L8 10L11.5 13.5', 'M3 8h10'],
  plus: ['M8 3v10M3 8h10'],
  minus: ['M3 8h10'],
  fit: ['M9.5 6.5L13 3M9.5 3H13v3.5M6.5 9.5L3 13M6.5 13H3V9.5'],
  marquee: ['M2.5 5v-2.5h2.5M7 2.5h2M11 2.5h2.5v2.5M13.5 7v2M13.5 11v2.5h-2.5M9 13.5h-2M5 13.5h-2.5v-2.5M2.5 9v-2'],
  images: ['M4.5 4.5h9v8h-9z', 'M2.5 10.5v-8h9', 'M4.5 10.8l2.6-2.6l2 2l1.6-1.6l2.8 2.8'],
  sliders: [
    'M2.5 4.5h5.7M11.8 4.5h1.7M2.5 11.5h1.7M7.8 11.5h5.7',
    'M10 2.9a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2M6 9.9a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2',
  ],
  chip: [
    'M4.5 4.5h7v7h-7z',
    'M6.5 4.5v-2M9.5 4.5v-2M6.5 13.5v-2M9.5 13.5v-2M4.5 6.5h-2M4.5 9.5h-2M13.5 6.5h-2M13.5 9.5h-2',
  ],
  eye: [
    'M1.5 8c1.4-2.8 3.7-4.3 6.5-4.3s5.1 1.5 6.5 4.3c-1.4 2.8-3.7 4.3-6.5 4.3S2.9 10.8 1.5 8z',
    'M8 6a2 2 0 1 0 0 4a2 2 0 0 0 0-4',
  ],
  record: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11', 'f:M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5'],
  stop: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11', 'f:M6 6h4v4h-4z'],
  warning: ['M8 2.3L14.2 13.2H1.8z', 'M8 6.3v3.2M8 11v.6'],
  error: ['M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12', 'M8 4.9v3.9M8 10.5v.6'],
  info: ['M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12', 'M8 7.3v3.9M8 4.9v.6'],
  help: ['M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12', 'M6.3 6.3a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.3M8 10.7v.6'],
  shield: ['M8 1.9l5 1.9v3.7c0 3.1-1.9 5.5-5 6.7c-3.1-1.2-5-3.6-5-6.7v-3.7z', 'M8 5.1v3.2M8 10v.6'],
  filter: ['M2.5 4h11M4.7 8h6.6M6.7 12h2.6'],
  export: ['M8 10V2.5M5 5.3l3-3l3 3', 'M3 9.5v4h10v-4'],
  braces: [
    'M6.2 2.5c-1.7 0-2 .7-2 2v1.3c0 1.2-.6 2-1.7 2.2c1.1.2 1.7 1 1.7 2.2v1.3c0 1.3.3 2 2 2',
    'M9.8 2.5c1.7 0 2 .7 2 2v1.3c0 1.2.6 2 1.7 2.2c-1.1.2-1.7 1-1.7 2.2v1.3c0 1.3-.3 2-2 2',
  ],
  beside: ['M2.5 3h11v10h-11z', 'M8 3v10'],
  mosaic: ['M2.5 2.5h11v11h-11z', 'M6.17 2.5v11M9.83 2.5v11M2.5 6.17h11M2.5 9.83h11'],
  terminal: ['M2.5 3h11v10h-11z', 'M4.8 6l2.2 2l-2.2 2M8.3 10.3h2.9'],
  heat: [
    'M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 0 0 0-11.6',
    'M8 5a3 3 0 1 0 0 6a3 3 0 0 0 0-6',
    'f:M8 7.2a.8.8 0 1 0 0 1.6a.8.8 0 0 0 0-1.6',
  ],
  'flow-down': ['M5.5 2.5h5v3h-5zM5.5 10.5h5v3h-5z', 'M8 5.5v5M6.4 8.9L8 10.5l1.6-1.6'],
  'flow-right': ['M2.5 5.5h3v5h-3zM10.5 5.5h3v5h-3z', 'M5.5 8h5M8.9 6.4L10.5 8l-1.6 1.6'],
  link: ['M6.3 9.7l3.4-3.4', 'M7.6 4.8l1.5-1.5a2.55 2.55 0 0 1 3.6 3.6l-1.5 1.5', 'M8.4 11.2l-1.5 1.5a2.55 2.55 0 0 1-3.6-3.6l1.5-1.5'],
  sidebar: ['M2.5 3h11v10h-11z', 'M9.8 3v10'],
  // Kinds of layers: told apart by their shape, whatever the colour.
  convolution: ['M2.5 2.5h11v11h-11z', 'f:M5.5 5.5h5v5h-5z'],
  activation: ['M2 11.5h5.5L13.5 4'],
  pooling: ['M2.5 3h11L10 8.5v4.5l-4-1.8V8.5z'],
  normalization: ['M2 12.5c3.4 0 3.2-9 6-9s2.6 9 6 9'],
  dense: [
    'M3.5 4l9 4M3.5 4l9 8M3.5 12l9-8M3.5 12l9-4',
    'f:M3.5 2.7a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 0 0 0-2.6M3.5 10.7a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 0 0 0-2.6M12.5 6.7a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 0 0 0-2.6',
  ],
  merge: ['M3 3c0 3.5 2 5 5 5s5-1.5 5-5M8 8v5.5'],
  attention: ['M8 2.2L13.8 8L8 13.8L2.2 8z', 'f:M8 6.5L9.5 8L8 9.5L6.5 8z'],
  reshape: ['M2.5 5.5h7v5h-7z', 'M11.5 3v10M13.5 3v10'],
  other: ['M8 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7'],
} as const satisfies Record<string, readonly string[]>;

export type IconName = keyof typeof drawings;

/** The outlines and filled parts of an icon on a grid of 16, for what is no HTML. */
export function iconPaths(name: IconName): { stroked: string; filled: string } {
  const parts: readonly string[] = drawings[name];
  return {
    stroked: parts.filter((path) => !path.startsWith('f:')).join(''),
    filled: parts.filter((path) => path.startsWith('f:')).map((path) => path.slice(2)).join(''),
  };
}
