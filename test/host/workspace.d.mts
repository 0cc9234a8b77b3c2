export const samples: string;
export function copyWorkspace(from?: string): { folder: string; remove: () => void };
