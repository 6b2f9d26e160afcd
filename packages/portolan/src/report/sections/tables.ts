import { type Content, element, type Markup } from '../markup.ts'

/**
 * A table whose first column names each row. It scrolls by itself where the page is narrow.
 * @param caption - what it lists
 */
export const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup =>
  element(
    'div',
    { class: 'r-scroll', role: 'region', 'aria-label': caption, tabindex: 0 },
    element(
      'table',
      {},
      element('caption', { class: 'r-unseen' }, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          columns.map((name) => element('th', { scope: 'col' }, name)),
        ),
      ),
      element(
        'tbody',
        {},
        rows.map(([name = '', ...cells]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row', class: 'r-code' }, name),
            cells.map((cell) => element('td', {}, cell)),
          ),
        ),
      ),
    ),
  )

/** A part of the page with its heading. Links lead to `id`. */
export const part = (id: string, title: string, ...content: readonly Content[]): Markup =>
  element(
    'section',
    { class: 'r-part', id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    content,
  )

export const paragraph = (...content: readonly Content[]): Markup => element('p', {}, content)

/** Cuts a list after `most` entries. A sentence counts the others, and says where they are listed. */
export const cut = <Entry>(
  entries: readonly Entry[],
  most: number,
): { readonly shown: readonly Entry[]; readonly more: readonly Markup[] } => ({
  shown: entries.slice(0, most),
  more:
    entries.length <= most
      ? []
      : [
          element(
            'p',
            { class: 'r-quiet' },
            `And ${entries.length - most} more, which portolan plan --json lists.`,
          ),
        ],
})
