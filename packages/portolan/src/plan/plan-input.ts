import {
  blockPools,
  type Config,
  emptyConfig,
  type HeldBlocks,
  type Intent,
  layerConfigs,
  type Pool,
  parsePool,
  poolText,
} from '@portolan/core'
import { inputText } from '@portolan/netfilter'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { once } from '../lazy/once.ts'
import type { PlanInput } from './make-plan.ts'
import type { PlanOptions } from './plan-options.ts'
import { wordsOf } from './with-commands.ts'

/**
 * What is known of a host when a plan is made for it.
 * @public @since 0.1.0
 */
export type KnownHost = Pick<
  PlanInput,
  | 'facts'
  | 'rules'
  | 'surrounding'
  | 'backend'
  | 'leases'
  | 'neighbours'
  | 'unread'
  | 'fixes'
  | 'owed'
  | 'sysctls'
  | 'live'
  | 'isLive'
  | 'search'
> &
  Partial<Pick<PlanInput, 'blocks' | 'lost' | 'setBefore'>>

/**
 * The input of a plan: what is known of the host, and what the caller asks for. Pure.
 *
 * @param options - those that say what to read are not asked
 * @returns with `firewalld` null: nothing here reads it
 * @example
 * makePlan(planInput(intent, { pools: ['10.200.0.0/16:24'] }, known)).subnets[0]?.subnet // '10.200.0.0/24'
 * @public @since 0.1.0
 */
export const planInput = (intent: Intent, options: PlanOptions, known: KnownHost): PlanInput => {
  const settled = settledConfig(options)
  const blocks = known.blocks ?? null
  return {
    ...known,
    intent,
    present: once(() => lowerRules(known.surrounding ?? known.rules)),
    blocks,
    pools:
      options.pools === undefined ? poolsBeside(blocks, settled) : (settled.pools?.map(parsePool) ?? null),
    reserve: settled.reserved,
    allow: settled.allowed,
    guardForwarding: options.guardForwarding ?? false,
    move: options.move ?? [],
    fix: options.fix ?? false,
    firewalld: null,
    ...wordsOf(options),
    ...(options.ownCommand === undefined ? {} : { ownCommand: options.ownCommand }),
  }
}

/**
 * The pools that are settled once for all, of families of which the cluster has no addresses.
 * @internal
 */
export const poolsBeside = (
  blocks: HeldBlocks | null,
  { pools }: Pick<Config, 'pools'>,
): readonly Pool[] | null =>
  pools
    ?.map(parsePool)
    .filter(({ entries }) =>
      entries.some(({ prefix }) => blocks === null || blockPools(blocks, prefix.family) === null),
    ) ?? null

/**
 * Pools and ranges: those of the options, over those that are settled once for all.
 * @internal
 */
export const settledConfig = (options: PlanOptions): Config =>
  layerConfigs(optionsAsConfig(options), options.config ?? emptyConfig)

const optionsAsConfig = ({ pools, reserve, allow }: PlanOptions): Config => ({
  pools: pools?.map(poolText) ?? null,
  reserved: (reserve ?? []).map((range) => ({ range: inputText(range), from: null })),
  allowed: (allow ?? []).map(inputText),
})
