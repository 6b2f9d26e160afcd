import {
  blockPools,
  type Config,
  defaultPools,
  type HeldBlocks,
  layerConfigs,
  type MapInput,
  type Pool,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  poolsTouched,
  type SubnetPlanOptions,
  subnetLeases,
} from '@portolan/core'
import { type Family, type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { readConfig } from '../../config/read-config.ts'
import { blocksFor } from '../cluster/blocks-for.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { ranges, wholeNumber } from '../options/options.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import { type Picture, showPicture } from '../output/show-picture.ts'
import { readFacts, usesFiles } from '../sources/read-facts.ts'
import { readLeased } from '../sources/read-leased.ts'
import { readRuleFiles } from '../sources/sources.ts'
import { waitFor } from '../wait-for.ts'

/** `portolan subnet`: picks subnets; needs no intent. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  const count = wholeNumber(options, 'count', { from: 1, to: 1_000_000 }) ?? 1
  const size = wholeNumber(options, 'size', { from: 1, to: 128 })
  const settled = layerConfigs(optionsAsConfig(options), readConfig())
  const blocks = await blocksFor(options, settled)
  const { family, pools, named } = poolsOf(options, settled, blocks)
  if (family === 'ip' && size !== null && size > 32)
    throw new InvalidRequestError(
      `--size ${size}: expected a whole number from 1 to 32 for an IPv4 subnet. Add --ipv6 for an IPv6 subnet.`,
    )
  const leased = await readLeased(options)
  for (const sentence of leased.unread) sayLine(terminal, sentence)
  const planOptions: SubnetPlanOptions = {
    reserve: settled.reserved,
    allow: settled.allowed,
    ...(blocks === null ? {} : { blocks }),
    leases: leased.state === null ? [] : subnetLeases(leased.state),
  }
  // A named file has to exist and to hold what its option says, although no rule matters to a subnet.
  if (usesFiles(options)) readRuleFiles(options)
  const facts = await waitFor(context, 'reading this host', () => readFacts(options))
  // This is printed before a subnet is picked. The subnet may collide with what was not read.
  const unread = [...leased.unread, ...(facts.unread ?? [])]
  for (const sentence of facts.unread ?? []) sayLine(terminal, sentence)
  const picture = (answer: Pick<MapInput, 'subnets' | 'rejected'>): Picture => ({
    facts,
    input: { family, size, pools, options: planOptions, asked: count, ...answer },
  })
  const requests = Array.from({ length: count }, (_, index) => ({ network: `${index + 1}`, family, size }))
  try {
    const subnets = planSubnets(facts, requests, named, planOptions)
    for (const sentence of notesOn(subnets, facts)) sayLine(terminal, sentence)
    const drawn = showPicture(picture({ subnets, rejected: [] }), context)
    if (options.json === true)
      terminal.print(jsonText({ subnets, ...(unread.length === 0 ? {} : { unread }), ...drawn.json }))
    else if (!drawn.printed)
      terminal.print(subnets.map(({ subnet, gateway }) => `${subnet} ${gateway}`).join('\n'))
    return exitCode.ok
  } catch (error) {
    if (!(error instanceof PoolExhaustedError)) throw error
    const { json } = showPicture(picture({ subnets: [], rejected: error.rejected }), context)
    if (options.json === true) terminal.print(jsonText({ error: error.toJSON(), ...json }))
    terminal.say(`portolan: ${error.message}`)
    return exitCode.exhausted
  }
}

const notesOn = (subnets: ReturnType<typeof planSubnets>, facts: HostFacts): readonly string[] => {
  const notes = poolsTouched(subnets, facts)
  return notes.length > 3 ? [...notes.slice(0, 3), `and ${notes.length - 3} more such subnets.`] : notes
}

const optionsAsConfig = (options: Options): Config => {
  const { reserve, allow } = ranges(options)
  return {
    pools: options.pool ?? null,
    reserved: (reserve ?? []).map((range) => ({ range, from: null })),
    allowed: allow ?? [],
  }
}

/**
 * The pools to pick from. Pools named on the command line are of one family. A config file may name pools of both
 * families, and those of the other family are not used.
 *
 * @returns `named`: empty where subnets come from the blocks of this host, which a plan takes by itself
 */
const poolsOf = (
  options: Options,
  settled: Config,
  blocks: HeldBlocks | null,
): { readonly family: Family; readonly pools: readonly Pool[]; readonly named: readonly Pool[] } => {
  const pools = (settled.pools ?? []).map(parsePool)
  const named = options.pool === undefined ? [] : pools
  const families = new Set(named.flatMap(({ entries }) => entries.map(({ prefix }) => prefix.family)))
  if (options.ipv6 === true && families.has('ip'))
    throw new InvalidRequestError('--ipv6 asks for IPv6 subnets, but --pool names an IPv4 pool.')
  if (families.size > 1)
    throw new InvalidRequestError('the pools are of both families: ask for one family at a time.')
  const family = options.ipv6 === true || families.has('ip6') ? 'ip6' : 'ip'
  const inBlocks = named.length === 0 && blocks !== null ? blockPools(blocks, family) : null
  if (inBlocks !== null) return { family, pools: inBlocks, named: [] }
  const fitting = pools.filter(({ entries }) => entries.some(({ prefix }) => prefix.family === family))
  const used = fitting.length === 0 && family === 'ip' ? defaultPools : fitting
  return { family, pools: used, named: used }
}
