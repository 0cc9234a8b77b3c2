// Serves the panels' gallery: `node test/host/gallery.mjs` after `node esbuild.mjs --tests` prints its address.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { isMain } from '../../scripts/lib/main.mjs';
import { inRoot } from '../../scripts/lib/root.mjs';

const folders = [inRoot('dist-test', 'gallery'), inRoot('webview-ui', 'gallery')]; // what is built, then what is not
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.woff2': 'font/woff2', '.png': 'image/png', '.svg': 'image/svg+xml', '.map': 'application/json' };

export async function serveGallery(port = 0) {
  const server = createServer((request, response) => {
    const file = locate(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'no-store' });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

function locate(path) {
  const name = normalize(path.endsWith('/') ? `${path}index.html` : path);
  if (name.split(sep).includes('..')) return undefined;
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file) && statSync(file).isFile());
}

if (isMain(import.meta.url)) console.log((await serveGallery(Number(process.argv[2] ?? 0))).url);
