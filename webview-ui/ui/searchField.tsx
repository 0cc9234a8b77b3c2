import type { RefObject, VNode } from 'preact';
import { Icon } from './icon';

interface SearchFieldProps {
  value: string;
  onInput: (value: string) => void;
  label: string;
  field?: RefObject<HTMLInputElement | null>;
  /** The list that is searched, where the arrows move through it while the focus stays here. */
  list?: { id: string; active: string | undefined; open?: boolean };
  onFocus?: () => void;
  onBlur?: () => void;
}

/**
 * Escape clears what is typed; an empty field leaves Escape to whoever is around it. A plain input, not the toolkit's:
 * inside its shadow root a reference to the active entry of a list would lead nowhere.
 */
export function SearchField({ value, onInput, label, field, list, onFocus, onBlur }: SearchFieldProps): VNode {
  const combobox = list && {
    role: 'combobox' as const,
    'aria-expanded': list.open ?? true,
    'aria-autocomplete': 'list' as const,
    'aria-controls': list.id,
    'aria-activedescendant': list.active,
  };
  return (
    <div class="search-field">
      <Icon name="search" class="quiet" />
      <input
        ref={field}
        type="text"
        value={value}
        placeholder={label}
        aria-label={label}
        spellcheck={false}
        autocomplete="off"
        {...combobox}
        onFocus={onFocus}
        onBlur={onBlur}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || value === '') return;
          event.preventDefault();
          event.stopPropagation();
          onInput('');
        }}
      />
      {value !== '' && (
        <button
          type="button"
          class="search-clear"
          tabIndex={-1}
          aria-label="Clear search"
          title="Clear search"
          onClick={() => onInput('')}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
