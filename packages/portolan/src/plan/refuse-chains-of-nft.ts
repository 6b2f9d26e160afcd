import { InspectError, type Wording } from '@portolan/netfilter'
import { chainsInPlaceOfBuiltIn } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

/**
 * Refuses changes to a built-in chain of iptables-nft that nft created with another type or priority. iptables-nft
 * shows such a chain as empty and takes no rule for it.
 *
 * @throws InspectError
 * @internal
 */
export const refuseChainsOfNft = (
  planned: readonly PlanChange[],
  { nftables }: HostRules,
  wording: Wording | undefined,
): void => {
  const changes = changesOf(planned, 'iptables-nft')
  const chains = changes.length === 0 ? [] : chainsInPlaceOfBuiltIn(nftables)
  const found = chains.find(({ family, table, chain }) =>
    changes.some(
      ({ operation }) =>
        operation.family === family &&
        operation.table === table &&
        operation.chain === chain &&
        operation.kind !== 'delete-rule',
    ),
  )
  if (found === undefined) return
  const { family, table, chain } = found
  const command = `nft list chain ${family} ${table} ${chain}`
  throw new InspectError(
    {
      problem: `Chain ${chain} of table ${family} ${table} was made by nft with another type or priority than iptables-nft gives it, so iptables-nft takes no rule for it, and Portolan's rules have no place there.`,
      remedy: ({ backend }) =>
        `"${command}" shows the chain. Move its rules to a table of their own and delete it (nft(8)); iptables-nft then makes the chain itself.${backend === null ? '' : ` Or keep it, and ${backend}.`}`,
    },
    { command, exitCode: 0, stderr: '' },
    { wording },
  )
}
