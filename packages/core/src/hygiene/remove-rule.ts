import type { Remedy } from '../conflict/index.ts'
import { shellWord } from '../conflict/remedy/shell-word.ts'
import { ownerName } from '../owner/owner-name.ts'
import type { RulePlace } from './anomaly.ts'

/** How to take away a rule that nothing is lost with. */
export const removeRule = (rule: RulePlace): Remedy => {
  const whose =
    rule.owner === null
      ? 'Delete the rule'
      : `Take the rule out where ${ownerName(rule.owner)} has it from, since ${ownerName(rule.owner)} may write it again, and delete it`
  return {
    text: `${whose}: what becomes of every packet stays the same.${note(rule)}`,
    commands: commandsFor(rule),
  }
}

const note = ({ tool, handle }: RulePlace): string => {
  if (tool !== 'nft') return ' The rules behind it move up by one: of several, begin with the last.'
  return handle === null ? ' `nft -a list chain` shows its handle.' : ''
}

const commandsFor = ({ tool, family, table, chain, position, handle }: RulePlace): readonly string[] => {
  if (tool === 'nft')
    return handle === null
      ? []
      : [`nft delete rule ${family} ${shellWord(table)} ${shellWord(chain)} handle ${handle}`]
  const program = `${family === 'ip6' ? 'ip6tables' : 'iptables'}-${tool === 'iptables-legacy' ? 'legacy' : 'nft'}`
  return [`${program} -t ${shellWord(table)} -D ${shellWord(chain)} ${position}`]
}
