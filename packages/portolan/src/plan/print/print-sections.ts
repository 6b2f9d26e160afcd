import { visibleLine } from '@portolan/netfilter'
import type { Look } from '../../text/look.ts'
import { wrapLine } from '../../text/wrap-line.ts'

/** @internal */
export interface Section {
  readonly title: string
  readonly lines: readonly string[]
}

/**
 * Sections under their titles, with an empty line in between. A section without lines is left out.
 * @internal
 */
export const printSections = (sections: readonly Section[], { style, columns }: Look): string =>
  sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) =>
      [...wrapLine(visibleLine(title), columns, 2).map(style.bold), ...lines].join('\n'),
    )
    .join('\n\n')
