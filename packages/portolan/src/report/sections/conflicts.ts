import type { Conflict, Culprit, IncompleteSearch } from '@portolan/core'
import { printWitness } from '../../plan/print/print-conflicts.ts'
import { sentenceOf } from '../../plan/print/print-incomplete.ts'
import { type Content, element, type Markup } from '../markup.ts'
import { cut, paragraph, part } from './tables.ts'

const longestList = 500

/** The conflicts, most severe first, each with its witness, its cause and its remedy; and what was not searched. */
export const conflictsPart = (
  conflicts: readonly Conflict[],
  incomplete: readonly IncompleteSearch[],
): Markup => {
  const { shown, more } = cut(conflicts, longestList)
  const unsearched = cut(incomplete, longestList)
  return part(
    'conflicts',
    'Conflicts',
    conflicts.length === 0
      ? paragraph(
          incomplete.length === 0
            ? 'No conflicts.'
            : 'No conflicts found among the packets that were looked at.',
        )
      : shown.map(conflict),
    more,
    incomplete.length === 0
      ? []
      : [
          element('h3', {}, 'Not searched'),
          element(
            'ul',
            {},
            unsearched.shown.map((one) => element('li', {}, sentenceOf(one))),
          ),
          unsearched.more,
        ],
  )
}

const looks: Readonly<Record<Conflict['severity'], { readonly title: string; readonly kind: string }>> = {
  error: { title: 'Error', kind: 'r-error' },
  warning: { title: 'Warning', kind: 'r-warn' },
  info: { title: 'Info', kind: '' },
}

const conflict = (one: Conflict, place: number): Markup => {
  const { severity, certainty, kind, message, witness, culprit, remedy } = one
  const { title, kind: look } = looks[severity]
  const heading = `conflict-${place}-title`
  return element(
    'article',
    { class: `r-conflict ${look}`.trim(), id: `conflict-${place}`, 'aria-labelledby': heading },
    element(
      'h3',
      { id: heading },
      `${place + 1}. ${title}${certainty === 'possible' ? ' (possible)' : ''}: ${kind}`,
    ),
    paragraph(message),
    element(
      'dl',
      {},
      culprit === null ? [] : said('Cause', culpritWords(culprit)),
      witness === null
        ? []
        : said('For example', [
            `${printWitness(witness)} `,
            element(
              'button',
              { type: 'button', class: 'r-small', 'data-witness': place, hidden: true },
              'Show the way of this packet',
            ),
          ]),
      said('What to do', [
        remedy.text,
        remedy.commands.length === 0
          ? []
          : element('pre', {}, element('code', {}, remedy.commands.join('\n'))),
      ]),
    ),
  )
}

const said = (name: string, words: Content): readonly Markup[] => [
  element('dt', {}, name),
  element('dd', {}, words),
]

const culpritWords = ({ tool, family, table, chain, position, text, owner }: Culprit): Content => [
  table === null
    ? `${tool}${owner === null ? '' : ` of ${owner}`}: `
    : `${[tool, family, table, chain].filter((word) => word !== null).join(' ')}, ${
        position === 'policy' ? 'policy' : `rule ${position}`
      }${owner === null ? '' : `, of ${owner}`}: `,
  element('code', {}, text),
]
