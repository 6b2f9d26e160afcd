import { type HostAccess, legacyTableFiles, type RuleReading, sayHidden } from '@portolan/core'
import { families, MissingToolError, PermissionError } from '@portolan/netfilter'
import { emptyRuleset, type Ruleset } from '../model/ruleset.ts'
import { program, type Variant } from '../model/variant.ts'
import { inspect, inspectPrinted } from './inspect.ts'
import { mayHoldOurs, type UnprintedTable, unprintedError, unprintedNote } from './unprinted-tables.ts'

/**
 * Reads the rules of one variant that is about to be changed, so all of them must be readable.
 *
 * @throws PermissionError, MissingToolError, InspectError, ParseError
 * @internal
 */
export const inspectNeeded = async (
  { runner, legacyTables }: HostAccess,
  variant: Variant,
): Promise<Ruleset> => {
  if (variant === 'iptables-nft') return inspect(runner, variant)
  const registered = await legacyTables()
  const { hidden } = registered
  if (hidden.length > 0)
    throw new PermissionError(
      `Cannot read the iptables-legacy rules: only root may read ${hidden.map((family) => legacyTableFiles[family]).join(' and ')}. Run this as root, or with "sudo".`,
      'CAP_DAC_READ_SEARCH',
    )
  return inspect(runner, variant, { legacyTables: registered })
}

/**
 * Reads the rules of one variant as far as possible. The rules of iptables-legacy filter packets beside those of
 * nf_tables, so rules that could not be read are reported.
 *
 * @throws InspectError, ParseError; for iptables-nft MissingToolError and PermissionError too
 * @internal
 */
export const inspectAll = async (host: HostAccess, variant: Variant): Promise<RuleReading<Ruleset>> =>
  variant === 'iptables-nft' ? inspectNft(host) : inspectLegacy(host)

/**
 * Reads the rules of iptables-nft. Foreign rules in a table that cannot be printed are known from nft's listing. Rules
 * of ours in such a table are an error, because they would stay behind.
 */
const inspectNft = async ({
  runner,
  nftTables,
  counters = false,
}: HostAccess): Promise<RuleReading<Ruleset>> => {
  const { rules, unprinted } = await inspectPrinted(runner, 'iptables-nft', {
    nftTables: (await nftTables?.()) ?? null,
    counters,
  })
  const ours: UnprintedTable[] = []
  for (const table of unprinted) if (await mayHoldOurs(runner, table)) ours.push(table)
  const [first] = ours
  if (first !== undefined) throw unprintedError(ours, program('iptables-nft', first.family, 'save'))
  return { rules, unread: unprinted.length === 0 ? [] : [unprintedNote(unprinted)], hidden: [] }
}

const inspectLegacy = async ({
  runner,
  legacyTables,
  counters = false,
}: HostAccess): Promise<RuleReading<Ruleset>> => {
  try {
    const registered = await legacyTables()
    const { hidden } = registered
    const rules = await inspect(runner, 'iptables-legacy', { legacyTables: registered, counters })
    return { rules, hidden, unread: hidden.length === 0 ? [] : [sayHidden(hidden)] }
  } catch (error) {
    // The program runs only where tables are registered. So rules may exist even though the program is missing.
    if (!(error instanceof PermissionError || error instanceof MissingToolError)) throw error
    return {
      rules: emptyRuleset,
      hidden: families,
      unread: [
        `The iptables-legacy rules could not be read, so no result about packets is certain: ${error.message}`,
      ],
    }
  }
}
