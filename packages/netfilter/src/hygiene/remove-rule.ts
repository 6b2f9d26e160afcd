import type { Advice } from '../advice/index.ts'
import { iptablesDeletion } from '../advice/iptables-command.ts'
import { nftDeletion } from '../advice/nft-command.ts'
import { noCommand } from '../advice/shell-word.ts'
import { ownerName } from '../owner/owner-name.ts'
import type { RulePlace } from './anomaly.ts'

/** The advice to remove a rule that has no effect. */
export const removeRule = (rule: RulePlace): Advice => {
  const whose =
    rule.owner === null
      ? 'Delete the rule'
      : `Remove the rule from the settings of ${ownerName(rule.owner)}, which may write it again, and delete it`
  const text = `${whose}: the result for every packet stays the same.`
  if (rule.owned === true)
    return {
      text: `${text} Do so in the settings of ${rule.owner === null ? 'the program that keeps the table' : ownerName(rule.owner)}: the kernel takes no change of this table from another program (flags owner).`,
      commands: [],
    }
  if (rule.tool === 'nft' && rule.handle === null)
    return { text: `${text} \`nft -a list chain\` shows its handle.`, commands: [] }
  const command = commandFor(rule)
  if (command === null) return { text: `${text} ${noCommand}`, commands: [] }
  const note =
    rule.tool === 'nft' ? '' : ' The rules behind it move up by one: of several, begin with the last.'
  return { text: `${text}${note}`, commands: [command] }
}

const commandFor = ({ tool, family, table, chain, position, handle }: RulePlace): string | null => {
  if (tool === 'nft') return handle === null ? null : nftDeletion({ family, table, chain }, handle)
  const program = `${family === 'ip6' ? 'ip6tables' : 'iptables'}-${tool === 'iptables-legacy' ? 'legacy' : 'nft'}`
  return iptablesDeletion({ program, table, chain }, position)
}
