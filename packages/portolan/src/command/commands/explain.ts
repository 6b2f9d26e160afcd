import { explain, prepare, printStory } from '@portolan/netfilter'
import { asFarAsRead } from '../../host-rules/as-far-as-read.ts'
import { lowerRules } from '../../host-rules/lower-rules.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { readPacketWords } from '../packet-words.ts'
import { readSituation } from '../read-situation.ts'
import { waitFor } from '../wait-for.ts'

/** `portolan explain`: the way of one packet, and of the answer to it, through every table. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const { facts, rules, endpoints, names } = await waitFor({ options, terminal }, 'reading this host', () =>
    readSituation(options, terminal),
  )
  const packet = readPacketWords(options, facts)
  const told = prepare(facts, lowerRules(rules), { endpoints }).evaluate(packet)
  const outcome = asFarAsRead(packet, told, rules)
  if (options.json === true) {
    const unread = [...(facts.unread ?? []), ...rules.unread]
    terminal.print(jsonText({ ...outcome, packet, ...(unread.length === 0 ? {} : { unread }) }))
    return exitCode.ok
  }
  const { sockets } = facts
  const story = explain(packet, outcome, { names, ...(sockets === undefined ? {} : { sockets }) })
  terminal.print(printStory(story, terminal.style))
  return exitCode.ok
}
