import { sayHidden } from '@portolan/core'
import { registeredLegacyTables } from '../../host-rules/legacy-tables.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import { readFacts, usesFiles } from '../sources/read-facts.ts'
import { readRuleFiles } from '../sources/sources.ts'
import { waitFor } from '../wait-for.ts'

/**
 * `portolan inspect`: the facts of this host as JSON. Rules are not among them. The output says if there may be rules
 * that this user may not read, because a plan from these facts is made without them.
 */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  // A named file has to exist and to hold what its option says, although no rule is a fact.
  if (usesFiles(options)) readRuleFiles(options)
  const facts = await waitFor({ options, terminal }, 'reading this host', () =>
    readFacts(options, { addressesInUse: true }),
  )
  const { hidden } = usesFiles(options) ? { hidden: [] } : await registeredLegacyTables()
  const unread = [...(facts.unread ?? []), ...(hidden.length === 0 ? [] : [sayHidden(hidden)])]
  for (const sentence of unread) sayLine(terminal, sentence)
  terminal.print(jsonText(unread.length === 0 ? facts : { ...facts, unread }))
  return exitCode.ok
}
