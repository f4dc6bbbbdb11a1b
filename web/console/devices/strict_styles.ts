/// <reference lib="dom" />
/**
 * xterm.js (6.0.0) writes its styles into the page as text, which the page's policy does not allow (no
 * `unsafe-inline`). It does allow style sheets and declarations that are objects: so what xterm.js
 * says becomes those. `tests/browser/consoles_test.ts` sees that none of it is missing.
 */
import type { Terminal } from "@xterm/xterm";

/** Shows a terminal in a place of the page. */
export function openStrictly(terminal: Terminal, place: HTMLElement): void {
  const { document } = globalThis;
  const create = Document.prototype.createElement;
  // it makes its `<style>`s while it opens, and fills them whenever colours and sizes change
  const own = (tag: string) => tag === "style" ? styleElement() : create.call(document, tag);
  Object.defineProperty(document, "createElement", { value: own, configurable: true });
  try {
    terminal.open(place);
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
  // and the `<span>`s of its rows with every line
  const rows = (terminal as unknown as Inner)._core._renderService._renderer.value._rowFactory;
  rows._document = { createElement: spanElement };
}

/** The way to the maker of rows, which has no public name. */
interface Inner {
  readonly _core: {
    readonly _renderService: {
      readonly _renderer: {
        readonly value: { readonly _rowFactory: { _document: Pick<Document, "createElement"> } };
      };
    };
  };
}

/** What xterm.js has of a `<style>`: something that lies in the page, and takes a text. */
function styleElement(): HTMLElement {
  const sheet = new CSSStyleSheet(), place = document.createElement("template");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(place, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(place);
  };
  return place;
}

/** A `<span>` whose `style` attribute is set as its declarations are. */
function spanElement(tag: string): HTMLElement {
  const span = document.createElement(tag);
  span.setAttribute = (name: string, value: string) => {
    if (name === "style") span.style.cssText = value;
    else Element.prototype.setAttribute.call(span, name, value);
  };
  return span;
}
