import type { VNode } from 'preact';
import { markHits } from './search';
import './name.css';

/** A text with the hits of a search marked. */
export function Marked({ text, words }: { text: string; words: readonly string[] }): VNode {
  if (words.length === 0) return <>{text}</>;
  return <Pieces pieces={markHits(text, words)} />;
}

/** A piece of a text; `cut`: the side where it goes on in the other half of a name. */
interface Piece {
  text: string;
  hit: boolean;
  cut?: 'start' | 'end';
}

function Pieces({ pieces }: { pieces: readonly Piece[] }): VNode {
  return (
    <>
      {pieces.map(({ text, hit, cut }, index) =>
        hit ? (
          <mark key={index} class={cut && `cut-${cut}`}>
            {text}
          </mark>
        ) : (
          text
        ),
      )}
    </>
  );
}

const longest = 18;
const tail = 10;

/**
 * A name that may be too long for its place. Exporters' names differ at their ends, so it is the middle that gives way.
 */
export function Name({
  text,
  words = [],
  class: extra = '',
}: {
  text: string;
  words?: readonly string[];
  class?: string;
}): VNode {
  if (text.length <= longest) return <span class={`name ${extra}`}>{<Marked text={text} words={words} />}</span>;
  const before = text.length - tail;
  const head: Piece[] = [];
  const rest: Piece[] = [];
  let at = 0;
  for (const piece of markHits(text, words)) {
    const cut = Math.max(0, Math.min(piece.text.length, before - at));
    const both = cut > 0 && cut < piece.text.length;
    if (cut > 0) head.push({ ...piece, text: piece.text.slice(0, cut), ...(both && { cut: 'end' }) });
    if (cut < piece.text.length) rest.push({ ...piece, text: piece.text.slice(cut), ...(both && { cut: 'start' }) });
    at += piece.text.length;
  }
  return (
    <span class={`name name-long ${extra}`}>
      <span class="name-head">
        <Pieces pieces={head} />
      </span>
      <span class="name-tail">
        <Pieces pieces={rest} />
      </span>
    </span>
  );
}
