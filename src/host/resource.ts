import { toUnitscopeError } from '../protocol/errors';
import type { Resource } from '../protocol/views';

/** What a request comes to; its failure is state, not a rejection. */
export async function asResource<T>(request: Promise<T>): Promise<Resource<T>> {
  try {
    return { state: 'ready', value: await request };
  } catch (error) {
    return failure(error);
  }
}

export function failure(error: unknown): Extract<Resource<never>, { state: 'error' }> {
  const { code, message } = toUnitscopeError(error);
  return { state: 'error', code, message };
}

/** Whether it failed only because the engine was not there. */
export function isStopped(resource: Resource<unknown>): boolean {
  return resource.state === 'error' && resource.code === 'engine.stopped';
}
