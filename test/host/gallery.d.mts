export function serveGallery(port?: number): Promise<{ url: string; stop: () => void }>;
