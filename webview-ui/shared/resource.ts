import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../src/protocol/errors';

/** Something that is fetched. The last value stays while the next is on its way, unless it is of something else. */
export interface Fetched<T> {
  value: T | undefined;
  loading: boolean;
  error: UnitscopeError | undefined;
}

const nothing = { value: undefined, loading: false, error: undefined };

/**
 * Fetches again whenever `key` or `revision` changes, and gives up what nobody waits for. A new `key` is something else
 * (the old value goes), a new `revision` the same thing anew (it stays). A null key fetches nothing.
 */
export function useResource<T>(
  key: string | null,
  revision: number,
  fetch: (signal: AbortSignal) => Promise<T>,
): ReadonlySignal<Fetched<T>> {
  const fetched = useSignal<Fetched<T> & { key: string | null }>({ ...nothing, key: null });
  useEffect(() => {
    if (key === null) {
      fetched.value = { ...nothing, key };
      return;
    }
    const abort = new AbortController();
    const before = fetched.peek();
    const kept = before.key === key ? before.value : undefined;
    fetched.value = { key, value: kept, loading: true, error: undefined };
    fetch(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) fetched.value = { key, value, loading: false, error: undefined };
      },
      (thrown: unknown) => {
        if (abort.signal.aborted || isCancelled(thrown)) return;
        fetched.value = { key, value: kept, loading: false, error: toUnitscopeError(thrown) };
      },
    );
    return () => abort.abort();
    // `fetch` is what `key` and `revision` say.
  }, [key, revision]);
  return fetched;
}
