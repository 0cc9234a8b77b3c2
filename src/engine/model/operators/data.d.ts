/** Compressed data, which the build puts into the bundle as bytes. */
declare module '*.br' {
  const bytes: Uint8Array;
  export default bytes;
}
