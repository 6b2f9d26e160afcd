import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Block } from './blocks.ts'
import { fitted } from './compare.ts'
import { root, textOf } from './pages.ts'
import type { Printed } from './session.ts'

const commandLines = (command: string): string => `$ ${command.replaceAll('\n', '\n> ')}\n`

/**
 * Writes into a page what its console blocks print (PORTOLAN_DOCS=write), where that differs from what it shows. Read
 * the difference before it is committed: `…` for what varies is yours to set.
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
