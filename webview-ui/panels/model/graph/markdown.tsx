import { marked, type Token, type Tokens } from 'marked';
import type { ComponentChildren, VNode } from 'preact';

/**
 * Markdown as elements. Made from tokens, so that nothing of the text is ever read as HTML: tags show as what they are, links
 * and images as their text.
 */
export function Markdown({ text }: { text: string }): VNode {
  return <div class="markdown">{blocks(marked.lexer(text))}</div>;
}

function blocks(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((token, at) => <Block key={at} token={token} />);
}

function Block({ token }: { token: Token }): VNode | null {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading':
      return <h4>{inline((token as Tokens.Heading).tokens)}</h4>;
    case 'code':
      return (
        <pre>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
    case 'list': {
      const { ordered, items } = token as Tokens.List;
      const entries = items.map((item, at) => <li key={at}>{blocks(item.tokens)}</li>);
      return ordered ? <ol>{entries}</ol> : <ul>{entries}</ul>;
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return (
        <table>
          <thead>
            <tr>
              {header.map((cell, at) => (
                <th key={at}>{inline(cell.tokens)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) => (
                  <td key={column}>{inline(cell.tokens)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    }
    case 'hr':
      return <hr />;
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return <span>{tokens ? inline(tokens) : text}</span>;
    }
    case 'paragraph':
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>;
    default:
      return <p>{token.raw}</p>;
  }
}

function inline(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((token, at) => {
    switch (token.type) {
      case 'strong':
        return <strong key={at}>{inline((token as Tokens.Strong).tokens)}</strong>;
      case 'em':
        return <em key={at}>{inline((token as Tokens.Em).tokens)}</em>;
      case 'codespan':
        return <code key={at}>{(token as Tokens.Codespan).text}</code>;
      case 'br':
        return <br key={at} />;
      case 'link':
        return (
          <span key={at} title={(token as Tokens.Link).href}>
            {inline((token as Tokens.Link).tokens)}
          </span>
        );
      case 'text':
      case 'escape':
        return (token as Tokens.Text).text;
      default:
        return token.raw;
    }
  });
}
