import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** "/" and Ctrl+F lead into a search field. `here`: whether the keys are meant for it, where a page has several. */
export function useFindKey(field: RefObject<HTMLInputElement | null>, here: () => boolean = () => true): void {
  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLInputElement);
      if (!here() || !(slash || (event.key === 'f' && (event.ctrlKey || event.metaKey)))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      field.current?.focus();
      field.current?.select();
    };
    document.addEventListener('keydown', find, true);
    return () => document.removeEventListener('keydown', find, true);
  }, []);
}
