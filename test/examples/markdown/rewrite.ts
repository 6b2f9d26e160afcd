import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Block } from './blocks.ts'
import { fitted } from './compare.ts'
import { root, textOf } from './pages.ts'
import type { Printed } from './session.ts'

const commandLines = (command: string): string => `$ ${command.replaceAll('\n', '\n> ')}\n`

/**
 * Writes the output of a page's console blocks into the page where it differs (PORTOLAN_DOCS=write). Read the
 * difference before you commit it, and replace text that varies by `…` again.
 */
export const writePrinted = (page: string, printed: ReadonlyMap<Block, readonly Printed[]>): void => {
  let text = textOf(page)
  for (const [block, commands] of printed) {
    if (block.kind !== 'console') continue
    const written = commands.map(
      (one) =>
        `${commandLines(one.command)}${fitted(one.printed, one.shown).replace(/\n*$/, '\n').replace(/^\n$/, '')}`,
    )
    text = text.replace(block.text, () => written.join(''))
  }
  writeFileSync(join(root, page), text)
}
