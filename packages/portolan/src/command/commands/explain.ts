import type { LeaseState } from '@portolan/core'
import { explain, PortolanError, prepare, printStory } from '@portolan/netfilter'
import { asFarAsRead } from '../../host-rules/as-far-as-read.ts'
import { lowerRules } from '../../host-rules/lower-rules.ts'
import { explainChildren } from '../attach/children-on-parents.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { jsonText } from '../output/json-text.ts'
import { readPacketWords } from '../output/packet-words.ts'
import { readLeased } from '../sources/read-leased.ts'
import { readSituation } from '../sources/read-situation.ts'
import { waitFor } from '../wait-for.ts'

/** `portolan explain`: the path of one packet, and of the answer to it, through every table. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const { facts, rules, endpoints, names, parented } = await waitFor(
    { options, terminal },
    'reading this host',
    () => readSituation(options, terminal),
  )
  const packet = readPacketWords(options, facts)
  const answer = prepare(facts, lowerRules(rules), { endpoints }).evaluate(packet)
  const outcome = asFarAsRead(packet, answer, rules)
  const leases = await leasesOf(options)
  const child = explainChildren(packet, facts, leases, parented)
  if (options.json === true) {
    const unread = [...(facts.unread ?? []), ...rules.unread]
    const notes = child === null ? {} : { notes: [child] }
    terminal.print(jsonText({ ...outcome, packet, ...notes, ...(unread.length === 0 ? {} : { unread }) }))
    return exitCode.ok
  }
  const { sockets } = facts
  const story = explain(packet, outcome, { names, ...(sockets === undefined ? {} : { sockets }) })
  terminal.print(printStory(story, terminal.style))
  if (child !== null) terminal.print(`\n${terminal.style.red(child)}`)
  return exitCode.ok
}

/** A lease store that cannot be read must not keep the rules from being explained. */
const leasesOf = async (options: Options): Promise<LeaseState | null> => {
  try {
    return (await readLeased(options)).state
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
